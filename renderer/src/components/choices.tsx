import { ChevronDown } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button, Label, ListBox, ListBoxItem, Popover, Select as AriaSelect, SelectValue, Slider as AriaSlider, SliderThumb, SliderTrack, Switch as AriaSwitch, ToggleButton, ToggleButtonGroup } from 'react-aria-components'

export interface Option<V extends string> {
  readonly value: V
  readonly label: string
  /** Quiet words after the label. */
  readonly detail?: string
  readonly disabled?: boolean
}

interface ChoiceProps<V extends string> {
  readonly label: string
  /** Values are told by `value`, so that options and listener need no annotation. */
  readonly options: readonly Option<NoInfer<V>>[]
  readonly value: V | null
  readonly disabled?: boolean
  onChange(value: NoInfer<V>): void
}

/** One of many, in a list that drops down. */
export function Select<V extends string>(props: ChoiceProps<V> & { readonly hideLabel?: boolean; readonly placeholder?: string }) {
  const { label, options, value, disabled = false, hideLabel = false, placeholder = 'Choose', onChange } = props
  return (
    <AriaSelect
      className="field"
      placeholder={placeholder}
      value={value}
      isDisabled={disabled}
      {...(hideLabel ? { 'aria-label': label } : {})}
      onChange={(key) => {
        const chosen = options.find((option) => option.value === key)
        if (chosen !== undefined) onChange(chosen.value)
      }}
    >
      {!hideLabel && <Label className="label">{label}</Label>}
      <Button className="select">
        <SelectValue className="select-value" />
        <ChevronDown aria-hidden="true" />
      </Button>
      <Popover className="popover" offset={4}>
        <ListBox className="listbox" items={options}>
          {(option) => (
            <ListBoxItem id={option.value} className="option" textValue={option.label} isDisabled={option.disabled ?? false}>
              <span>{option.label}</span>
              {option.detail !== undefined && <span className="quiet"> {option.detail}</span>}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </AriaSelect>
  )
}

/** One of a few, side by side: one tab stop, arrows inside. */
export function Segmented<V extends string>(props: ChoiceProps<V> & { readonly wide?: boolean }) {
  const { label, options, value, disabled = false, wide = false, onChange } = props
  return (
    <ToggleButtonGroup
      className={`segmented${wide ? ' segmented-wide' : ''}`}
      aria-label={label}
      selectionMode="single"
      disallowEmptySelection
      isDisabled={disabled}
      selectedKeys={value === null ? [] : [value]}
      onSelectionChange={(keys) => {
        const chosen = options.find((option) => keys.has(option.value))
        if (chosen !== undefined && chosen.value !== value) onChange(chosen.value)
      }}
    >
      {options.map((option) => (
        <ToggleButton key={option.value} id={option.value} isDisabled={option.disabled ?? false}>
          {option.label}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  )
}

/** On or off. `children` is the visible label; without it `label` names the switch. */
export function Switch({ label, on, disabled = false, children, onChange }: { readonly label: string; readonly on: boolean; readonly disabled?: boolean; readonly children?: ReactNode; onChange(on: boolean): void }) {
  return (
    <AriaSwitch className="switch" isSelected={on} isDisabled={disabled} onChange={onChange} {...(children === undefined ? { 'aria-label': label } : {})}>
      <span className="switch-track" aria-hidden="true" />
      {children}
    </AriaSwitch>
  )
}

/** A position among given stops, such as the ranks 4, 8, 16, 32: arrows go from stop to stop. */
export function StopSlider({ label, stops, value, disabled = false, onChange }: { readonly label: string; readonly stops: readonly number[]; readonly value: number; readonly disabled?: boolean; onChange(value: number): void }) {
  const all = stops.includes(value) ? stops : [...stops, value].sort((a, b) => a - b)
  const position = all.indexOf(value)
  const share = all.length < 2 ? 0 : (position / (all.length - 1)) * 100
  return (
    <AriaSlider
      className="slider"
      aria-label={label}
      minValue={0}
      maxValue={all.length - 1}
      value={position}
      isDisabled={disabled}
      onChange={(next) => {
        const stop = all[next]
        if (stop !== undefined) onChange(stop)
      }}
    >
      <SliderTrack className="slider-track" style={{ backgroundSize: `${share}% 2px, 100% 2px` }}>
        <SliderThumb className="slider-thumb" />
      </SliderTrack>
      <span className="slider-value">{value}</span>
    </AriaSlider>
  )
}
