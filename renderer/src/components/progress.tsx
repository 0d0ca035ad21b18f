/** A bar of 0..1 with its name for screen readers; null shows an empty track and says that the end is not known. */
export function Progress({ label, ratio, tall = false }: { readonly label: string; readonly ratio: number | null; readonly tall?: boolean }) {
  const percent = ratio === null ? null : Math.round(Math.min(1, Math.max(0, ratio)) * 1000) / 10
  return (
    <div className={`bar${tall ? ' bar-tall' : ''}`} role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} {...(percent === null ? {} : { 'aria-valuenow': percent })}>
      <i style={{ width: `${percent ?? 0}%` }} />
    </div>
  )
}

/** A reading between nothing and its maximum, such as memory in use. */
export function Meter({ label, ratio }: { readonly label: string; readonly ratio: number }) {
  const percent = Math.round(Math.min(1, Math.max(0, ratio)) * 1000) / 10
  return (
    <div className="bar" role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={percent}>
      <i style={{ width: `${percent}%` }} />
    </div>
  )
}

/** An estimate from low to high on the scale of what the device has; the mark stands at what is free now. */
export function RangeBar({ label, low, high, mark, maximum }: { readonly label: string; readonly low: number; readonly high: number; readonly mark: number | null; readonly maximum: number }) {
  const place = (value: number): string => `${Math.min(100, Math.max(0, (value / maximum) * 100))}%`
  const width = Math.max(0.8, Math.min(100, (high / maximum) * 100) - Math.min(100, (low / maximum) * 100))
  return (
    <div className="range" role="img" aria-label={label}>
      <i style={{ left: `min(${place(low)}, 99%)`, width: `${width}%` }} />
      {mark !== null && <u style={{ left: place(mark) }} />}
    </div>
  )
}

/** A turning ring beside words that say what is awaited. */
export function Spinner() {
  return <span className="spinner" aria-hidden="true" />
}
