import { once } from 'node:events'
import { createServer } from 'node:net'

/** A mail server on the loopback that takes everything and keeps it. */
export class Sink {
  mails = []
  #server = createServer((socket) => this.#talk(socket))

  async start() {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    this.port = this.#server.address().port
    return this
  }

  stop() {
    this.#server.close()
  }

  #talk(socket) {
    let text = ''
    let data = false
    let to = []
    const say = (line) => socket.write(`${line}\r\n`)
    const hear = (line) => {
      const verb = line.slice(0, 4).toUpperCase()
      if (verb === 'EHLO') say('250-sink.example\r\n250 8BITMIME')
      else if (verb === 'DATA') {
        data = true
        say('354 go on')
      } else if (verb === 'QUIT') {
        say('221 bye')
        socket.end()
      } else {
        if (verb === 'RCPT') to.push(line.slice(8).trim().replaceAll(/[<>]/g, ''))
        if (verb === 'MAIL') to = []
        say('250 fine')
      }
    }
    socket.setEncoding('utf8')
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      text += chunk
      for (;;) {
        const end = text.indexOf(data ? '\r\n.\r\n' : '\r\n')
        if (end === -1) return
        const piece = text.slice(0, end)
        text = text.slice(end + (data ? 5 : 2))
        if (!data) {
          hear(piece)
          continue
        }
        data = false
        this.mails.push({ to, text: piece })
        say('250 taken')
      }
    })
    say('220 sink.example')
  }
}
