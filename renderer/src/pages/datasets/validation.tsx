import { CircleCheck, CircleX, TriangleAlert } from 'lucide-react'
import type { DatasetReport, LineIssue } from '../../../../electron/shared/dataset'
import { Button } from '../../components/button'
import { Notice } from '../../components/notice'
import { Badge } from '../../components/state-mark'
import { count, counted } from '../../text/format'

interface IssueGroup {
  readonly code: string
  readonly message: string
  readonly severity: LineIssue['severity']
  readonly lines: readonly number[]
  readonly total: number
}

/** Line numbers that fit in one row of the list. */
const shownLines = 6

/** Issues of one kind together, errors first, with the complete counts. */
export function groupIssues(report: DatasetReport): readonly IssueGroup[] {
  const byCode = new Map<string, LineIssue[]>()
  for (const issue of report.issues) byCode.set(issue.code, [...(byCode.get(issue.code) ?? []), issue])
  return [...byCode]
    .map(([code, issues]): IssueGroup => ({ code, message: issues[0]?.message ?? code, severity: issues[0]?.severity ?? 'warning', lines: issues.map((issue) => issue.line), total: Math.max(issues.length, report.issueCounts[code] ?? 0) }))
    .toSorted((a, b) => a.severity.localeCompare(b.severity) || b.total - a.total)
}

/** What every line was checked for and which lines have what. */
export function Validation({ report }: { readonly report: DatasetReport }) {
  const groups = groupIssues(report)
  const left = report.rows - report.validRows
  const warnings = groups.filter((group) => group.severity === 'warning').reduce((sum, group) => sum + group.total, 0)
  return (
    <section className="validation" aria-label="Validation">
      <div className="pane-head pane-dense">
        <h2>Validation</h2>
        {left > 0 && <Badge tone="bad" icon={CircleX}>{count(left)} left out</Badge>}
        {warnings > 0 && <Badge tone="warn" icon={TriangleAlert}>{counted(warnings, 'warning')}</Badge>}
        {groups.length === 0 && <Badge tone="good" icon={CircleCheck}>every line is valid</Badge>}
        <div className="pane-end">
          <span className="micro">{report.duplicateRows > 0 && `${counted(report.duplicateRows, 'duplicate')} `}{report.emptyLines > 0 && counted(report.emptyLines, 'empty line')}</span>
        </div>
      </div>
      {groups.length > 0 && <IssueList groups={groups} />}
    </section>
  )
}

function IssueList({ groups }: { readonly groups: readonly IssueGroup[] }) {
  return (
    <ul className="issues" tabIndex={0} aria-label="Issues">
      {groups.map((group) => (
        <li key={group.code}>
          {group.severity === 'error' ? <CircleX className="ink-bad" role="img" aria-label="error" /> : <TriangleAlert className="ink-warn" role="img" aria-label="warning" />}
          <span className="grow">{group.message}</span>
          <span className="quiet mono">
            line {group.lines.slice(0, shownLines).map(count).join(', ')}
            {group.total > shownLines && `, +${count(group.total - Math.min(shownLines, group.lines.length))}`}
            {group.total <= shownLines && group.total > group.lines.length && `, +${count(group.total - group.lines.length)}`}
          </span>
        </li>
      ))}
    </ul>
  )
}

function refusal(report: DatasetReport): string {
  if (report.rows === 0) return 'It holds no rows.'
  if (report.format === null) return 'Its keys fit none of the known forms: messages, Alpaca, ShareGPT, prompt and completion.'
  return `None of its ${counted(report.rows, 'row')} can be used.`
}

/** A file that was refused, with the lines that say why. */
export function RefusedReport({ name, report, onAgain, onDismiss }: { readonly name: string; readonly report: DatasetReport; onAgain(): void; onDismiss(): void }) {
  return (
    <div className="page-pad stack pane-scroll">
      <Notice
        tone="bad"
        title={`${name} was not imported.`}
        actions={
          <>
            <Button size="small" onPress={onAgain}>Import again</Button>
            <Button size="small" look="quiet" onPress={onDismiss}>Dismiss</Button>
          </>
        }
      >
        {refusal(report)} <span className="next">Next: {report.rows === 0 ? 'put at least one row into it' : 'correct the lines below'} and import the file again.</span>
      </Notice>
      <section className="panel" aria-label="What was found">
        <div className="panel-head">
          <h2>What was found</h2>
          <div className="panel-end">{counted(report.rows, 'row')}, {count(report.validRows)} valid</div>
        </div>
        <IssueList groups={groupIssues(report)} />
      </section>
    </div>
  )
}
