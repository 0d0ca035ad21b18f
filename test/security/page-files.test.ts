import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { allowedLink } from '../../electron/main/allowed-link'
import { contentSecurityPolicy, fileOfAddress } from '../../electron/main/page-files'

const root = resolve('/srv/tunesmith/out/renderer')

describe('app:// addresses', () => {
  it.each([
    ['app://bundle/', 'index.html'],
    ['app://bundle/index.html', 'index.html'],
    ['app://bundle/assets/a%20b.js?x=1#y', 'assets/a b.js'],
    ['app://bundle/a/../index.html', 'index.html'],
  ])('%s is a file of the page (catches a check that rejects everything)', (address, file) => {
    expect(fileOfAddress(root, address)).toBe(join(root, file))
  })

  it.each([
    'app://bundle/..%2f..%2f..%2fetc%2fpasswd',
    'app://bundle/%2e%2e%2f%2e%2e%2fmain/index.js',
    'app://bundle/assets/..%2f..%2f..%2fpackage.json',
    'app://bundle/..%2frenderer-secrets/x.js',
    'app://bundle/..%2f',
    'app://bundle/index.html%00.png',
    'app://bundle/%E0%A4%A',
    'app://other/index.html',
    'app://bundle@evil/index.html',
    'file:///etc/passwd',
    'http://bundle/index.html',
    'not an address',
  ])('%s is refused (catches a path that leads out of the page, or another host)', (address) => {
    expect(fileOfAddress(root, address)).toBeNull()
  })

  it('never leaves the folder, whatever the mix of dots, slashes and escapes (catches a form that the list above forgot)', () => {
    const pieces = ['..', '.', '%2e', '%2E%2e', '/', '%2f', '\\', '%5c', '//', 'a', '%00', 'C:', '%25', '~']
    let seed = 1
    const next = () => (seed = (seed * 1103515245 + 12345) % 2 ** 31)
    for (let i = 0; i < 20_000; i++) {
      const address = `app://bundle/${Array.from({ length: 1 + (next() % 8) }, () => pieces[next() % pieces.length]).join('')}`
      const file = fileOfAddress(root, address)
      if (file !== null) expect(`${file}/`.startsWith(`${root}/`) || file.startsWith(`${root}\\`), address).toBe(true)
    }
  })
})

describe('the content security policy', () => {
  it('is exactly this (catches a directive that was loosened in passing)', () => {
    expect(contentSecurityPolicy).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; worker-src 'self'; connect-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    )
  })
})

describe('links to the outside', () => {
  it.each(['https://github.com/a/b', 'https://huggingface.co/Qwen/Qwen3-0.6B'])('%s opens', (link) => {
    expect(allowedLink(link)).toBe(link)
  })

  it.each(['http://github.com/a', 'https://github.com.evil.example/a', 'https://evil.example/', 'https://user:word@github.com/', 'https://github.com:8443/', 'file:///etc/passwd', 'javascript:alert(1)', 'ms-msdt:/id', ''])(
    '%s does not (catches an address of a page or a hub that starts a program)',
    (link) => {
      expect(allowedLink(link)).toBeNull()
    },
  )
})
