import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

const server = process.env.RAPPORT_URL ?? 'http://127.0.0.1:3008'
const forwarded = Object.fromEntries(
  ['/v1', '/api', '/openapi.json', '/problems'].map((path) => [path, { target: server }]),
)

export default defineConfig({
  plugins: [react()],
  server: { host: '127.0.0.1', port: 5173, proxy: forwarded },
  build: {
    target: ['chrome123', 'firefox128', 'safari17.5'],
    emptyOutDir: true,
    chunkSizeWarningLimit: 700,
  },
  test: { include: ['src/**/*.test.ts'] },
})
