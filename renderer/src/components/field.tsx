import type { ReactNode } from 'react'
import { FieldError, Input, Label, Text, TextArea, TextField } from 'react-aria-components'

export interface FieldProps {
  readonly label: string
  readonly value: string
  readonly help?: ReactNode
  /** What is wrong and what would be right; null when nothing is. */
  readonly error?: string | null
  readonly warning?: string | null
  readonly placeholder?: string
  readonly hideLabel?: boolean
  readonly secret?: boolean
  readonly mono?: boolean
  readonly lines?: number
  readonly maxLength?: number
  readonly disabled?: boolean
  readonly autoFocus?: boolean
  readonly id?: string
  readonly icon?: ReactNode
  onChange(value: string): void
  onEnter?(): void
}

/** A line of text with its label, its help and its error below. */
export function Field(props: FieldProps) {
  const { label, value, help, error = null, warning = null, placeholder, hideLabel = false, secret = false, mono = false, lines, maxLength, disabled = false, autoFocus = false, id, icon, onChange, onEnter } = props
  return (
    <TextField
      className="field"
      value={value}
      onChange={onChange}
      isInvalid={error !== null}
      isDisabled={disabled}
      autoFocus={autoFocus}
      type={secret ? 'password' : 'text'}
      {...(maxLength === undefined ? {} : { maxLength })}
      {...(id === undefined ? {} : { id })}
      {...(hideLabel ? { 'aria-label': label } : {})}
    >
      {!hideLabel && <Label className="label">{label}</Label>}
      {lines === undefined ? (
        <span className="input-wrap">
          {icon}
          <Input
            className={`input${mono ? ' mono' : ''}${icon === undefined ? '' : ' input-with-icon'}`}
            autoComplete="off"
            spellCheck={false}
            {...(placeholder === undefined ? {} : { placeholder })}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) onEnter?.()
            }}
          />
        </span>
      ) : (
        <TextArea className={`input area${mono ? ' mono' : ''}`} rows={lines} {...(placeholder === undefined ? {} : { placeholder })} />
      )}
      {help !== undefined && error === null && <Text slot="description" className="help">{help}</Text>}
      {warning !== null && error === null && <span className="help help-warn">{warning}</span>}
      <FieldError className="help help-bad">{error}</FieldError>
    </TextField>
  )
}
