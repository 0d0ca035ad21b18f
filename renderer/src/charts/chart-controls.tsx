import { useSyncExternalStore } from 'react'
import { Checkbox, Slider, SliderThumb, SliderTrack } from 'react-aria-components'
import { Check } from 'lucide-react'
import type { ChartView, ChartViewState } from './chart-view'
import { Segmented } from '../components/choices'
import { Button } from '../components/button'
import type { XAxis } from '../series/curve'

export const useChartState = (view: ChartView): ChartViewState => useSyncExternalStore(view.onState, view.state)

const axisOptions = [
  { value: 'step', label: 'Step' },
  { value: 'epoch', label: 'Epoch' },
  { value: 'time', label: 'Time' },
] as const satisfies readonly { readonly value: XAxis; readonly label: string }[]

/** Smoothing, x axis and log scale of all charts of the page. */
export function ChartControls({ view, smoothing = true }: { readonly view: ChartView; readonly smoothing?: boolean }) {
  const state = useChartState(view)
  return (
    <>
      {state.zoom !== null && <Button size="small" onPress={() => { view.set({ zoom: null }) }}>Show all</Button>}
      {smoothing && (
        <Slider className="chart-smoothing" aria-label="Smoothing" minValue={0} maxValue={0.99} step={0.01} value={state.smoothing} onChange={(value) => { view.set({ smoothing: value }) }} formatOptions={{ minimumFractionDigits: 2 }}>
          <span aria-hidden="true">Smoothing</span>
          <SliderTrack className="slider-track chart-smoothing-track" style={{ backgroundSize: `${(state.smoothing / 0.99) * 100}% 2px, 100% 2px` }}>
            <SliderThumb className="slider-thumb" />
          </SliderTrack>
          <output>{state.smoothing.toFixed(2)}</output>
        </Slider>
      )}
      <Segmented label="X axis" options={axisOptions} value={state.axis} onChange={(axis) => { view.set({ axis }) }} />
      <Checkbox className="chart-check" isSelected={state.log} onChange={(on) => { view.set({ log: on }) }}>
        <span className="check-box" aria-hidden="true"><Check /></span>
        Log
      </Checkbox>
    </>
  )
}
