import { csrfToken } from './client'
import { ProblemError } from './problem'

/** Sends a file as the raw body of a POST; onProgress hears of bytes sent. Fetch cannot report that, so this is XHR. */
export function upload<T>(path: string, file: File, onProgress: (sent: number) => void, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', path)
    request.setRequestHeader('X-CSRF-Token', csrfToken())
    request.setRequestHeader('Content-Type', 'application/octet-stream')
    request.upload.addEventListener('progress', (event) => onProgress(event.loaded))
    request.addEventListener('load', () => {
      const body = parse(request.responseText)
      if (request.status < 300) resolve(body)
      else reject(new ProblemError(request.status, body))
    })
    request.addEventListener('error', () => reject(new Error('The connection broke. Nothing was lost: drop the file again; messages already read are recognised.')))
    request.addEventListener('abort', () => reject(new Error('Upload stopped.')))
    signal.addEventListener('abort', () => request.abort())
    request.send(file)
  })
}

function parse(text: string) {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
