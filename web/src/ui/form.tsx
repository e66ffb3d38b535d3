import { Search, TriangleAlert } from 'lucide-react'
import { Button } from './button'
import { useId, type InputHTMLAttributes, type ReactNode, type Ref, type SelectHTMLAttributes, type SubmitEventHandler, type TextareaHTMLAttributes } from 'react'
import { cx } from './cx'
import css from './form.module.css'
import { Key } from './key'

type FieldProps = { label: string; help?: ReactNode; error?: string }
type Wired = { id: string; 'aria-describedby': string | undefined; 'aria-invalid': boolean | undefined }

/** Label above, help below; an error takes the place of the help. */
function Field({ label, help, error, children }: FieldProps & { children: (wired: Wired) => ReactNode }) {
  const id = useId()
  const note = `${id}-note`
  return (
    <div className={css.field}>
      <label htmlFor={id} className={css.label}>
        {label}
      </label>
      {children({ id, 'aria-describedby': help || error ? note : undefined, 'aria-invalid': error ? true : undefined })}
      {error ? (
        <p id={note} className={css.error}>
          <TriangleAlert size={14} strokeWidth={1.5} aria-hidden /> {error}
        </p>
      ) : (
        help && (
          <p id={note} className={css.help}>
            {help}
          </p>
        )
      )}
    </div>
  )
}

type InputProps = FieldProps & Omit<InputHTMLAttributes<HTMLInputElement>, 'className' | 'style'>

export function TextField({ label, help, error, ...rest }: InputProps) {
  return (
    <Field label={label} help={help} error={error}>
      {(wired) => <input className={css.input} autoComplete="off" {...rest} {...wired} />}
    </Field>
  )
}

type AreaProps = FieldProps & Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, 'className' | 'style'>

export function TextAreaField({ label, help, error, ...rest }: AreaProps) {
  return (
    <Field label={label} help={help} error={error}>
      {(wired) => <textarea className={css.input} rows={4} {...rest} {...wired} />}
    </Field>
  )
}

export type Option = { value: string; label: string }
type SelectProps = Omit<SelectHTMLAttributes<HTMLSelectElement>, 'className' | 'style'> & { options: Option[] }

export function SelectField({ label, help, error, options, ...rest }: FieldProps & SelectProps) {
  return (
    <Field label={label} help={help} error={error}>
      {(wired) => (
        <select className={css.input} {...rest} {...wired}>
          <Options options={options} />
        </select>
      )}
    </Field>
  )
}

/** A select whose name comes from its place, given as aria-label. */
export function Select({ label, options, ...rest }: SelectProps & { label: string }) {
  return (
    <select className={cx(css.input, css.auto)} aria-label={label} {...rest}>
      <Options options={options} />
    </select>
  )
}

function Options({ options }: { options: Option[] }) {
  return options.map((o) => (
    <option key={o.value} value={o.value}>
      {o.label}
    </option>
  ))
}

/** An input whose name comes from its place, given as aria-label. */
export function Input({ label, ...rest }: { label: string } & Omit<InputHTMLAttributes<HTMLInputElement>, 'className' | 'style'>) {
  return <input className={css.input} aria-label={label} autoComplete="off" {...rest} />
}

type CheckProps = { label: ReactNode; checked?: boolean; defaultChecked?: boolean; name?: string; value?: string; onChange?: (checked: boolean) => void; disabled?: boolean }

export function Checkbox({ label, onChange, ...rest }: CheckProps) {
  return (
    <label className={css.check}>
      <input type="checkbox" onChange={(e) => onChange?.(e.target.checked)} {...rest} />
      <span>{label}</span>
    </label>
  )
}

export function Switch({ label, onChange, ...rest }: CheckProps) {
  return (
    <label className={css.check}>
      {/* oxlint-disable-next-line jsx-a11y/role-has-required-aria-props -- a checkbox brings its checked state */}
      <input type="checkbox" role="switch" className={css.switch} onChange={(e) => onChange?.(e.target.checked)} {...rest} />
      <span>{label}</span>
    </label>
  )
}

export function Fieldset({ legend, children }: { legend: string; children: ReactNode }) {
  return (
    <fieldset className={css.fieldset}>
      <legend className={css.label}>{legend}</legend>
      {children}
    </fieldset>
  )
}

type SearchProps = { onEnter?: () => void; label: string; value: string; onChange: (value: string) => void; wide?: boolean; ref?: Ref<HTMLInputElement>; autoFocus?: boolean }

export function SearchField({ label, value, onChange, onEnter, wide, ref, autoFocus }: SearchProps) {
  return (
    <div className={cx(css.search, wide && css.wideSearch)} role="search">
      <Search size={16} strokeWidth={1.5} aria-hidden />
      <input
        ref={ref}
        className={css.input}
        type="search"
        aria-label={label}
        placeholder={label}
        value={value}
        autoFocus={autoFocus}
        autoComplete="off"
        onChange={(e) => onChange(e.target.value)}
        onKeyDown={(e) => {
          if (e.key === 'Escape') return value ? onChange('') : e.currentTarget.blur()
          if (e.key === 'Enter') onEnter?.()
        }}
      />
      <Key>/</Key>
    </div>
  )
}

export function Form({ label, onSubmit, children }: { label: string; onSubmit: (data: FormData) => void; children: ReactNode }) {
  const submit: SubmitEventHandler<HTMLFormElement> = (event) => {
    event.preventDefault()
    onSubmit(new FormData(event.currentTarget))
  }
  return (
    <form aria-label={label} className={css.form} onSubmit={submit} noValidate>
      {children}
    </form>
  )
}

/** One word or two, and a button that takes them. */
export function Entry({ label, verb, onDone }: { label: string; verb: string; onDone: (text: string) => void }) {
  const done = (data: FormData) => {
    const text = entry(data, 'text')
    if (text) onDone(text)
  }
  return (
    <form
      aria-label={label}
      className={css.entry}
      onSubmit={(e) => {
        e.preventDefault()
        done(new FormData(e.currentTarget))
      }}
    >
      <Input label={label} name="text" placeholder={label} maxLength={60} />
      <Button type="submit">{verb}</Button>
    </form>
  )
}

export function FormActions({ children }: { children: ReactNode }) {
  return <div className={css.actions}>{children}</div>
}

/** The text of one form entry; files never appear in our forms. */
export function entry(data: FormData, name: string): string {
  const value = data.get(name)
  return typeof value === 'string' ? value.trim() : ''
}

/** All texts of a form entry that may appear several times. */
export function entries(data: FormData, name: string): string[] {
  return data.getAll(name).filter((v) => typeof v === 'string')
}
