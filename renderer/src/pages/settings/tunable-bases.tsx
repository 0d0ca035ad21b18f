import { useState } from 'react'
import type { TunableBase } from '../../../../electron/shared/connection'
import { Button } from '../../components/button'
import { Badge } from '../../components/state-mark'
import { counted } from '../../text/format'
import { dateWords } from '../../text/money'

const few = 6

/** What a service can tune, with the day each base ends. */
export function TunableBases({ bases, name }: { readonly bases: readonly TunableBase[]; readonly name: string }) {
  const [all, setAll] = useState(false)
  if (bases.length === 0) return <p className="second small">It does not say which bases it can tune; on Train the name of one can be typed.</p>
  const order = { ok: 0, 'ends-soon': 1, gone: 2 } as const
  const sorted = bases.toSorted((a, b) => order[a.state] - order[b.state] || a.name.localeCompare(b.name))
  return (
    <div>
      <h3 className="place-title">Bases that it can tune</h3>
      <ul className="bases" aria-label={`Bases of ${name}`}>
        {(all ? sorted : sorted.slice(0, few)).map((base) => (
          <li key={base.name}>
            <span className={`mono cut${base.state === 'gone' ? ' quiet' : ''}`} title={base.name}>{base.name}</span>
            <span className="quiet cut" title={base.note ?? undefined}>{base.note}</span>
            <BaseEnd base={base} />
          </li>
        ))}
      </ul>
      {bases.length > few && <Button look="link" size="small" onPress={() => { setAll(!all) }}>{all ? 'Show fewer' : `All ${counted(bases.length, 'base')}`}</Button>}
    </div>
  )
}

function BaseEnd({ base }: { readonly base: TunableBase }) {
  const date = base.shutdownDate === null ? null : dateWords(base.shutdownDate)
  if (base.state === 'gone') return <Badge tone="bad">{date === null ? 'gone' : `gone since ${date}`}</Badge>
  if (base.state === 'ends-soon') return <Badge tone="warn">{date === null ? 'ends soon' : `ends ${date}`}</Badge>
  return <span className="quiet">{date === null ? 'no end known' : `until ${date}`}</span>
}
