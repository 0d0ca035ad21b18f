import { SearchX } from 'lucide-react'
import { LinkButton } from '../../components/button'
import { Empty, Skeleton } from '../../components/layout'
import { ErrorNotice } from '../../components/notice'
import { go, hrefOf } from '../../router'
import { useComparisons } from '../../stores/lists'
import { ComparisonList, NoComparisons } from './comparison-list'
import { NewComparisonPage } from './new-comparison'
import { OpenComparison } from './open-comparison'
import '../../styles/workbench.css'
import './compare.css'

/** `#/compare` lists, `?new` and `?models=a,b` start one, `/<id>` opens one. */
export function ComparePage({ id, query }: { readonly id: string | null; readonly query: string }) {
  const comparisons = useComparisons((state) => state.items)
  const status = useComparisons((state) => state.status)
  const error = useComparisons((state) => state.error)
  const asked = new URLSearchParams(query)
  if (id === null && query !== '') {
    const proposed = (asked.get('models') ?? '').split(',').filter((one) => one !== '')
    return <NewComparisonPage key={query} proposed={proposed} onCancel={() => { go({ page: 'compare', id: null, query: '' }) }} />
  }
  const comparison = comparisons.find((one) => one.id === id)
  if (comparison !== undefined) return <OpenComparison key={comparison.id} comparison={comparison} />
  if (status === 'loading') return <Skeleton rows={6} label="Reading the comparisons" />
  if (status === 'failed') return <div className="page-scroll"><ErrorNotice error={error} /></div>
  if (id !== null)
    return (
      <div className="page-scroll">
        <Empty icon={SearchX} title="This comparison is not in the list" actions={<LinkButton href={hrefOf({ page: 'compare', id: null, query: '' })}>Show all comparisons</LinkButton>}>
          It was deleted, or it was just started and appears in a moment.
        </Empty>
      </div>
    )
  return comparisons.length === 0 ? <NoComparisons /> : <ComparisonList comparisons={comparisons} />
}
