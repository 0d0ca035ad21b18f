import { resolve } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'
import type { Plugin } from 'vite'

const at = (path: string) => resolve(import.meta.dirname, path)

/** Puts the style sheet of the start into the page itself, so that the first paint waits for one file and not for two. */
const stylesInPage: Plugin = {
  name: 'styles-in-page',
  apply: 'build',
  transformIndexHtml: {
    order: 'post',
    handler: (html, { bundle = {} }) =>
      html.replace(/<link rel="stylesheet"[^>]*href="\.\/([^"]+)">/g, (link, name: string) => {
        const file = bundle[name]
        return file?.type === 'asset' ? `<style>${String(file.source)}</style>` : link
      }),
  },
}

/** Only `dependencies` (better-sqlite3, node-pty) stay outside the bundles; everything else is built in. */
export default defineConfig({
  main: {
    build: {
      outDir: at('out/main'),
      rolldownOptions: { input: { index: at('electron/main/index.ts'), engine: at('electron/engine/entry.ts') } },
    },
  },
  preload: {
    build: {
      outDir: at('out/preload'),
      // A sandboxed preload is one CommonJS file.
      externalizeDeps: false,
      rolldownOptions: { input: { index: at('electron/preload/index.ts') }, output: { format: 'cjs', entryFileNames: '[name].cjs' } },
    },
  },
  renderer: {
    root: at('renderer'),
    base: './',
    plugins: [react(), stylesInPage],
    build: { outDir: at('out/renderer'), minify: true, rolldownOptions: { input: at('renderer/index.html') } },
  },
})
