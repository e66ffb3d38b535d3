import { once } from 'node:events'
import { createServer } from 'node:net'
import { until } from './until.js'

/** A mail server that keeps what it is given, for letters of the installation. */
export class Postbox {
  #letters = []
  #server = createServer((socket) => this.#serve(socket))

  async open() {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return { RAPPORT_SMTP_URL: `smtp://127.0.0.1:${this.#server.address().port}?tls=none`, RAPPORT_SMTP_FROM: 'Rapport <crm@studio.example>' }
  }

  close() {
    this.#server.close()
  }

  /** The path of the newest link of a kind, such as "reset", in the letters to an address. */
  link(kind, address) {
    return until(`a letter with a link of the kind ${kind} reaches ${address}`, () => {
      const found = this.#letters.filter((l) => l.to === address).flatMap((l) => l.text.match(new RegExp(`/${kind}/[\\w-]+`, 'g')) ?? [])
      return found.at(-1)
    })
  }

  #serve(socket) {
    const letter = { to: '', text: '' }
    let rest = ''
    let inData = false
    socket.on('error', () => undefined)
    socket.write('220 postbox.example ESMTP\r\n')
    socket.on('data', (bytes) => {
      rest += bytes.toString('latin1')
      for (;;) {
        const end = rest.indexOf(inData ? '\r\n.\r\n' : '\r\n')
        if (end < 0) return
        const line = rest.slice(0, end)
        rest = rest.slice(end + (inData ? 5 : 2))
        socket.write(inData ? this.#keep(letter, line) : answer(line, letter))
        inData = !inData && /^DATA/i.test(line)
        if (/^QUIT/i.test(line)) socket.end()
      }
    })
  }

  #keep(letter, source) {
    this.#letters.push({ to: letter.to, text: readable(source) })
    return '250 kept\r\n'
  }
}

function answer(line, letter) {
  if (/^EHLO/i.test(line)) return '250-postbox.example\r\n250 8BITMIME\r\n'
  if (/^RCPT/i.test(line)) letter.to = /<([^>]*)>/.exec(line)?.[1] ?? ''
  if (/^DATA/i.test(line)) return '354 go on\r\n'
  return /^QUIT/i.test(line) ? '221 bye\r\n' : '250 ok\r\n'
}

/** The source with soft line breaks undone, and parts in base64 read. */
function readable(source) {
  const plain = source.replaceAll(/=\r\n/g, '').replaceAll('=3D', '=')
  const blocks = source.match(/(?:^[A-Za-z0-9+/]{40,}={0,2}\r?\n?)+/gm) ?? []
  return plain + blocks.map((b) => Buffer.from(b, 'base64').toString('utf8')).join('\n')
}
