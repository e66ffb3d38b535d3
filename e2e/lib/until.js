import { setTimeout as pause } from 'node:timers/promises'

/** Asks again until the answer is truthy, and returns it. */
export async function until(what, ask, patience = 20_000) {
  const end = Date.now() + patience
  for (;;) {
    const answer = await ask()
    if (answer) return answer
    if (Date.now() > end) throw new Error(`Waited ${patience / 1000} s in vain until ${what}.`)
    await pause(50)
  }
}
