import { useEffect, useState } from 'react'
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

export interface ScientificFieldProps extends Omit<Common, 'value'> {
  /** Null: there is none yet. The field is then empty, which is wrong but not said before something is typed. */
  readonly value: number | null
  format(value: number): string
  /** Hears when the text is no number of the range, and when it is one again; until then `value` is the last right one. */
  onWrong?: ((wrong: boolean) => void) | undefined
}

/** A number that people write as `2e-4`. Kept as text while it is typed. */
export function ScientificField(props: ScientificFieldProps) {
  const { label, value, minimum, maximum, error = null, disabled = false, format, onChange, onWrong } = props
  // What was typed counts as long as the value is the one it led to; a reset from outside wins.
  const [edit, setEdit] = useState<{ readonly text: string; readonly value: number | null } | null>(null)
  const text = edit !== null && edit.value === value ? edit.text : value === null ? '' : format(value)
  const typed = Number(text)
  const outside = text.trim() === '' || !Number.isFinite(typed) || typed < minimum || typed > maximum
  const said = outside && (value !== null || edit !== null)
  const problem = said ? `A number from ${format(minimum)} to ${format(maximum)}.` : error
  useEffect(() => {
    if (!outside || onWrong === undefined) return
    onWrong(true)
    return () => { onWrong(false) }
  }, [outside, onWrong])
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
      {said && <FieldError className="help help-bad">{problem}</FieldError>}
    </TextField>
  )
}
