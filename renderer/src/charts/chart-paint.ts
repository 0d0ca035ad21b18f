import { runColour } from './chart-colours'
import type { ChartColours } from './chart-colours'
import type { ChartLine, ChartRule } from './chart-spec'
import { fillLine, gapMarks, isDense, pixelOfX, pixelOfY, traceBand, traceLine } from './plot'
import type { Plot, PlottedCurve } from './plot'

/** A line with what it read for this draw. */
export interface ReadLine {
  readonly line: ChartLine
  readonly curve: PlottedCurve
}

export interface Painted {
  readonly lines: readonly ReadLine[]
  readonly rules: readonly ChartRule[]
  readonly colours: ChartColours
  readonly small: boolean
}

/** Dash of the ninth run and later ones, which share a colour with an earlier one. */
const runDash = [6, 4]
const ruleDash = [3, 3]

/** Strokes straight from the columns: rules, lines, then the marks on top. */
export function paintChart(context: CanvasRenderingContext2D, plot: Plot, painted: Painted): void {
  const { lines, rules, colours, small } = painted
  context.save()
  clip(context, plot)
  for (const rule of rules) paintRule(context, plot, rule, colours, small)
  // Faint first, so that what is read lies on top.
  for (const read of lines) if (read.line.look === 'raw' || read.line.look === 'faint') paintLine(context, plot, read, colours)
  for (const read of lines) if (read.line.look === 'line' || read.line.look === 'points') paintLine(context, plot, read, colours)
  for (const read of lines) if (read.line.echo !== true) paintGaps(context, plot, read, colours)
  context.restore()
  for (const read of lines) paintBest(context, plot, read, colours)
}

/** At whole device pixels: a clip at a fraction makes every stroke anti-aliased against it and twice as dear. */
function clip(context: CanvasRenderingContext2D, plot: Plot): void {
  const ratio = window.devicePixelRatio || 1
  const whole = (pixel: number): number => Math.round(pixel * ratio) / ratio
  context.beginPath()
  context.rect(whole(plot.left), whole(plot.top - 1), whole(plot.width + 1), whole(plot.height + 2))
  context.clip()
}

function paintLine(context: CanvasRenderingContext2D, plot: Plot, { line, curve }: ReadLine, colours: ChartColours): void {
  const colour = runColour(colours, line.colour)
  const thin = line.look === 'raw' || line.look === 'faint'
  context.strokeStyle = colour
  context.fillStyle = colour
  context.globalAlpha = thin ? colours.rawOpacity : 1
  context.lineWidth = thin ? 1 : 2
  context.lineJoin = 'bevel'
  context.setLineDash(line.dashed ? runDash : [])
  context.beginPath()
  if (line.look === 'raw' && isDense(curve, plot)) {
    traceBand(context, plot, curve)
    context.fill()
  } else if (line.look === 'line' && !line.dashed && isDense(curve, plot)) {
    fillLine(context, plot, curve, 2)
  } else {
    traceLine(context, plot, curve, thin ? 1 : 1.5)
    context.stroke()
  }
  context.setLineDash([])
  context.globalAlpha = 1
  if (line.look === 'points') paintPoints(context, plot, curve, colour, colours.ground)
}

/** Fewer pixels than this between two points, and only the line is drawn. */
const pointPixels = 9

function paintPoints(context: CanvasRenderingContext2D, plot: Plot, curve: PlottedCurve, colour: string, ground: string): void {
  const values = curve.values.values()
  const { x } = curve
  const span = (x.at(-1) ?? 0) - (x[0] ?? 0)
  const between = (span / Math.max(1, x.length - 1)) * (plot.width / (plot.xHigh - plot.xLow))
  if (x.length > 1 && between < pointPixels) return
  context.lineWidth = 1.75
  context.strokeStyle = colour
  context.fillStyle = ground
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? NaN
    if (!Number.isFinite(value) || (plot.log && value <= 0)) continue
    context.beginPath()
    context.arc(pixelOfX(plot, x[index] ?? 0), pixelOfY(plot, value), 3, 0, 2 * Math.PI)
    context.fill()
    context.stroke()
  }
}

/** A filled diamond with a ring: the best checkpoint, and nothing else. */
function paintBest(context: CanvasRenderingContext2D, plot: Plot, { line, curve }: ReadLine, colours: ChartColours): void {
  const index = line.best?.() ?? null
  if (index === null) return
  const x = curve.x[index]
  const value = curve.values.values()[index]
  if (x === undefined || value === undefined || x < plot.xLow || x > plot.xHigh || !Number.isFinite(value)) return
  const [centreX, centreY] = [pixelOfX(plot, x), pixelOfY(plot, value)]
  if (centreY < plot.top - 1 || centreY > plot.top + plot.height + 1) return
  const diamond = (radius: number, colour: string): void => {
    context.fillStyle = colour
    context.beginPath()
    context.moveTo(centreX, centreY - radius)
    context.lineTo(centreX + radius, centreY)
    context.lineTo(centreX, centreY + radius)
    context.lineTo(centreX - radius, centreY)
    context.closePath()
    context.fill()
  }
  const colour = runColour(colours, line.colour)
  diamond(9, colour)
  diamond(7, colours.ground)
  diamond(5, colour)
}

/** A triangle at the last finite value before a NaN. */
function paintGaps(context: CanvasRenderingContext2D, plot: Plot, { curve }: ReadLine, colours: ChartColours): void {
  if (curve.values.nonFinite().length === 0) return
  context.fillStyle = colours.bad
  for (const mark of gapMarks(plot, curve)) {
    const x = Math.max(plot.left + 5, pixelOfX(plot, mark.x))
    const y = Math.min(plot.top + plot.height - 5, Math.max(plot.top + 6, mark.y === plot.yLow && !plot.log ? plot.top + plot.height : pixelOfY(plot, mark.y)))
    context.beginPath()
    context.moveTo(x, y - 6)
    context.lineTo(x + 6, y + 5)
    context.lineTo(x - 6, y + 5)
    context.closePath()
    context.fill()
  }
}

function paintRule(context: CanvasRenderingContext2D, plot: Plot, rule: ChartRule, colours: ChartColours, small: boolean): void {
  if (rule.x <= plot.xLow || rule.x >= plot.xHigh) return
  const x = Math.round(pixelOfX(plot, rule.x)) + 0.5
  context.strokeStyle = colours.text
  context.lineWidth = 1
  context.setLineDash(ruleDash)
  context.beginPath()
  context.moveTo(x, plot.top)
  context.lineTo(x, plot.top + plot.height)
  context.stroke()
  context.setLineDash([])
  if (small || rule.label === '') return
  context.font = `11px ${colours.font}`
  context.fillStyle = colours.text
  context.textBaseline = 'top'
  const width = context.measureText(rule.label).width
  const left = x - plot.left > width + 12
  context.textAlign = left ? 'right' : 'left'
  context.fillText(rule.label, left ? x - 6 : x + 6, plot.top + 2)
}
