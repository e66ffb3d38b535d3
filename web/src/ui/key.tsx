import css from './key.module.css'

export function Key({ children }: { children: string }) {
  return <kbd className={css.key}>{children}</kbd>
}

/** The keys of a binding such as "g i" or "mod+k", as people see them on their keyboard. */
export function Keys({ binding }: { binding: string }) {
  const apple = navigator.platform.startsWith('Mac')
  const names: Record<string, string> = { mod: apple ? '⌘' : 'Ctrl', enter: '↵', escape: 'Esc' }
  return (
    <span className={css.keys}>
      {binding.split(/[ +]/).flatMap((part) => (/^[A-Z]$/.test(part) ? ['⇧', part.toLowerCase()] : [part])).map((part) => (
        <Key key={part}>{names[part] ?? part}</Key>
      ))}
    </span>
  )
}
