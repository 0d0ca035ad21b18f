import { useEffect, useRef, useState } from 'react'
import type { ReactNode, RefObject } from 'react'
import { ChartFrame } from './chart-frame'
import { ChartOverlay } from './chart-overlay'
import type { ChartSpec } from './chart-spec'
import type { ChartView } from './chart-view'
import './chart.css'

interface ChartCardProps {
  readonly spec: ChartSpec
  readonly view: ChartView
  readonly legend?: ReactNode
  readonly controls?: ReactNode
  /** Filled with the chart for saving its picture and its table. */
  readonly frameRef?: RefObject<ChartFrame | null>
  /** Hears changes of the data; returns the unsubscribe. */
  subscribe(listener: () => void): () => void
  details?(x: number): string
}

const noDetails = (): string => ''

/** A chart with its title. The picture lives outside React: new data and the pointer cause no render. */
export function ChartCard({ spec, view, legend, controls, frameRef, subscribe, details = noDetails }: ChartCardProps) {
  const host = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const cross = useRef<HTMLDivElement>(null)
  const band = useRef<HTMLDivElement>(null)
  const tip = useRef<HTMLDivElement>(null)
  const notes = useRef<HTMLDivElement>(null)
  const figure = useRef<HTMLSpanElement>(null)
  const newest = useRef({ spec, details })
  const [frame, setFrame] = useState<ChartFrame | null>(null)

  useEffect(() => {
    newest.current = { spec, details }
    frame?.setSpec(spec)
  }, [frame, spec, details])

  useEffect(() => {
    if (host.current === null || canvas.current === null || cross.current === null || band.current === null || tip.current === null || notes.current === null) return
    const elements = { host: host.current, cross: cross.current, band: band.current, tip: tip.current, notes: notes.current, figure: figure.current }
    let overlay: ChartOverlay | null = null
    const made = new ChartFrame(newest.current.spec, { host: host.current, canvas: canvas.current, view, onDrawn: (drawn) => { overlay?.drawn(drawn) } })
    overlay = new ChartOverlay(elements, view, () => made, (x) => newest.current.details(x))
    setFrame(made)
    if (frameRef !== undefined) frameRef.current = made
    return () => {
      overlay?.destroy()
      made.destroy()
      setFrame(null)
      if (frameRef !== undefined) frameRef.current = null
    }
  }, [view, frameRef])

  useEffect(() => {
    if (frame === null) return
    frame.refresh()
    return subscribe(frame.refresh)
  }, [frame, subscribe])

  return (
    <section className={`chart${spec.small ? ' chart-small' : ''}`} aria-label={spec.title}>
      <div className="chart-head">
        <h2>{spec.title}</h2>
        {legend}
        <div className="chart-end">
          {controls}
          {spec.small && <span className="chart-figure" ref={figure} />}
        </div>
      </div>
      <div
        ref={host}
        className="chart-plot"
        role="group"
        tabIndex={0}
        aria-label={`${spec.title}: arrow keys move the crosshair, Enter shows all values, Esc leaves a zoom`}
      >
        <canvas ref={canvas} role="img" aria-label={spec.title} />
        <div ref={cross} className="chart-cross" />
        <div ref={band} className="chart-band" />
        <div ref={notes} className="chart-notes" />
        <div ref={tip} className="chart-tip" role="status" />
      </div>
    </section>
  )
}
