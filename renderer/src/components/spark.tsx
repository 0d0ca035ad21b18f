/** A small curve of at most 64 values; the numbers beside it say the same. */
export function Spark({ values, colour, label }: { readonly values: readonly number[]; readonly colour: number; readonly label: string }) {
  const finite = values.filter(Number.isFinite)
  if (finite.length < 2) return <span className="spark-none" aria-hidden="true" />
  const low = Math.min(...finite)
  const span = Math.max(...finite) - low || 1
  const points = finite.map((value, index) => `${((index / (finite.length - 1)) * 100).toFixed(1)},${(20 - ((value - low) / span) * 18).toFixed(1)}`)
  return (
    <svg className="spark" viewBox="0 0 100 22" preserveAspectRatio="none" role="img" aria-label={label}>
      <polyline points={points.join(' ')} style={{ stroke: `var(--run-${colour})` }} />
    </svg>
  )
}
