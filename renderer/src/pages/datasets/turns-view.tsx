import type { NormalRow } from '../../../../electron/shared/dataset'

/** One row as a conversation. */
export function TurnsView({ row }: { readonly row: NormalRow | null }) {
  if (row === null) return <p className="nothing">Choose a row on the left.</p>
  const turns = 'messages' in row ? row.messages : [{ role: 'prompt', content: row.prompt }, { role: 'completion', content: row.completion }]
  return (
    <ol className="pane-scroll turns" tabIndex={0} aria-label="Turns of the row">
      {turns.map((turn, index) => (
        <li key={index} className={turn.role === 'assistant' || turn.role === 'completion' ? 'turn turn-answer' : 'turn'}>
          <span className="turn-role">{turn.role}</span>
          <p>{turn.content}</p>
        </li>
      ))}
    </ol>
  )
}
