import type { CheckItem } from '../../../../electron/shared/connection'
import { toneIcons } from '../../components/state-mark'
import { CommandLine } from '../../shell/command-line'
import { checkTones } from '../../text/places'

/** What a check found: each line with its mark, what was seen, and what to do about it. */
export function CheckList({ items }: { readonly items: readonly CheckItem[] }) {
  return (
    <ul className="check-list" aria-label="What the check found">
      {items.map((item) => <CheckLine key={item.id} item={item} />)}
    </ul>
  )
}

function CheckLine({ item }: { readonly item: CheckItem }) {
  const { tone, word } = checkTones[item.state]
  const Icon = toneIcons[tone]
  return (
    <li>
      <Icon className={`ink-${tone}`} role="img" aria-label={word} />
      <div>
        <p><span className="medium">{item.label}</span> <span className="second">{item.state === 'not-known' && item.detail === '' ? 'not known' : item.detail}</span></p>
        {item.fix !== null && item.state !== 'ok' && <p className="second">Next: {item.fix}</p>}
        {item.command !== null && <CommandLine command={item.command} />}
      </div>
    </li>
  )
}
