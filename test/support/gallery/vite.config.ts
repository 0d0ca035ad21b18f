import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** `vite --config test/support/gallery/vite.config.ts`, then open /test/support/gallery/index.html. For looking only; no part of the app. */
export default defineConfig({
  root: fileURLToPath(new URL('../../..', import.meta.url)),
  plugins: [react()],
  server: { port: 5199, strictPort: true },
  build: { target: 'esnext', outDir: 'out/gallery', rolldownOptions: { input: fileURLToPath(new URL('./index.html', import.meta.url)) } },
})
