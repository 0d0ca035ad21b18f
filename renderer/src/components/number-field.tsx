import { useState } from 'react'
import { FieldError, Input, NumberField as AriaNumberField, TextField } from 'react-aria-components'

interface Common {
  readonly label: string
  readonly value: number
  readonly minimum: number
  readonly maximum: number
  readonly unit?: string
  readonly error?: string | null
  readonly disabled?: boolean
  onChange(value: number): void
}

/** A number with a range. Arrow keys and the wheel step; what is typed is held inside the range when the field is left. */
export function NumberField(props: Common & { readonly step?: number; readonly decimals?: number; readonly grouped?: boolean }) {
  const { label, value, minimum, maximum, unit, error = null, disabled = false, step = 1, decimals = 0, grouped = true, onChange } = props
  return (
    <AriaNumberField
      className="field"
      aria-label={label}
      value={value}
      minValue={minimum}
      maxValue={maximum}
      step={step}
      isDisabled={disabled}
      isInvalid={error !== null}
      formatOptions={{ maximumFractionDigits: decimals, useGrouping: grouped }}
      onChange={(next) => {
        // An emptied field gives NaN; the old value then stays until a number is typed.
        if (Number.isFinite(next)) onChange(next)
      }}
    >
      <span className="input number">
        <Input />
        {unit !== undefined && <span className="unit" aria-hidden="true">{unit}</span>}
      </span>
    </AriaNumberField>
  )
}

/** A number that people write as `2e-4`. Kept as text while it is typed. */
export function ScientificField(props: Common & { readonly format: (value: number) => string }) {
  const { label, value, minimum, maximum, error = null, disabled = false, format, onChange } = props
  // What was typed counts as long as the value is the one it led to; a reset from outside wins.
  const [edit, setEdit] = useState<{ readonly text: string; readonly value: number } | null>(null)
  const text = edit !== null && edit.value === value ? edit.text : format(value)
  const typed = Number(text)
  const outside = text.trim() === '' || !Number.isFinite(typed) || typed < minimum || typed > maximum
  const problem = outside ? `A number from ${format(minimum)} to ${format(maximum)}.` : error
  return (
    <TextField
      className="field"
      aria-label={label}
      value={text}
      isDisabled={disabled}
      isInvalid={problem !== null}
      onChange={(next) => {
        const number = Number(next)
        const valid = next.trim() !== '' && Number.isFinite(number) && number >= minimum && number <= maximum
        setEdit({ text: next, value: valid ? number : value })
        if (valid) onChange(number)
      }}
    >
      <span className="input number">
        <Input inputMode="decimal" autoComplete="off" />
      </span>
      {outside && <FieldError className="help help-bad">{problem}</FieldError>}
    </TextField>
  )
}

