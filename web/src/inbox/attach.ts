import { useRef, useState } from 'react'
import { uploadFile } from '../api/outgoing'
import type { Upload } from '../api/types'
import { useWorkspace } from '../shell/session'
import type { Attached } from '../ui/composer'

type Entry = Attached & { upload?: Upload; stop?: AbortController }

const largest = 25_000_000

/** Files of a mail: sent to the server at once, so that sending the mail does not wait for them. */
export function useAttachments(start: Upload[], onChange: (ids: string[]) => void) {
  const workspace = useWorkspace()
  const [files, setFiles] = useState<Entry[]>(() => start.map((u) => ({ key: u.id, name: u.filename, size: u.size, done: 1, upload: u })))
  const latest = useRef(files)
  const count = useRef(0)
  const update = (next: Entry[]) => {
    latest.current = next
    setFiles(next)
  }
  const set = (key: string, change: Partial<Entry>) => update(latest.current.map((f) => (f.key === key ? { ...f, ...change } : f)))
  const addOne = async (file: File) => {
    const key = `new-${++count.current}`
    const stop = new AbortController()
    const tooLarge = file.size > largest
    update([...latest.current, { key, name: file.name, size: file.size, done: 0, stop, error: tooLarge ? 'larger than 25 MB' : undefined }])
    if (tooLarge) return
    try {
      const upload = await uploadFile({ workspace, file, signal: stop.signal, onProgress: (sent) => set(key, { done: Math.min(0.99, sent / Math.max(1, file.size)) }) })
      set(key, { upload, done: 1 })
      onChange(idsOf(latest.current))
    } catch (error) {
      set(key, { error: error instanceof Error ? error.message : 'not attached' })
    }
  }
  return {
    files,
    ids: idsOf(files),
    pending: files.some((f) => f.done < 1 && !f.error),
    add: (more: File[]) => more.forEach((file) => void addOne(file)),
    remove: (key: string) => {
      files.find((f) => f.key === key)?.stop?.abort()
      update(latest.current.filter((f) => f.key !== key))
      onChange(idsOf(latest.current))
    },
  }
}

function idsOf(files: Entry[]): string[] {
  return files.flatMap((f) => (f.upload ? [f.upload.id] : []))
}
