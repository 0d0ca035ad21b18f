import { Panel } from '../../components/layout'
import { keysOf, menuKeysOf, menuShortcuts, shortcuts } from '../../shell/shortcuts'

const inLists: readonly (readonly [string, string])[] = [
  ['↑ ↓', 'Row by row; Home and End to the ends'],
  ['← →', 'To the buttons of a row and back'],
  ['⏎', 'Open'],
  ['Space', 'Select'],
  ['Delete', 'Delete, after a question'],
  ['Esc', 'Close or clear'],
]

export function ShortcutsSection() {
  return (
    <>
      <Panel title="Anywhere">
        <dl className="shortcut-list">
          {shortcuts.map((shortcut) => (
            <div key={shortcut.command}>
              <dt><kbd>{keysOf(shortcut.command)}</kbd></dt>
              <dd>{shortcut.what}</dd>
            </div>
          ))}
          {menuShortcuts.map(({ command, keys, what }) => (
            <div key={`menu ${command}`}>
              <dt><kbd>{menuKeysOf(keys)}</kbd></dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
      </Panel>
      <Panel title="In lists and tables">
        <dl className="shortcut-list">
          {inLists.map(([keys, what]) => (
            <div key={keys}>
              <dt><kbd>{keys}</kbd></dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
      </Panel>
    </>
  )
}
