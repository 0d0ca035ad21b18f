import { defineConfig } from 'playwright/test'

/** Tests in the real app. One at a time: each has an Electron and often a training of its own. */
export default defineConfig({
  testDir: 'test',
  outputDir: 'test-results/electron',
  globalSetup: './test/support/electron-setup.ts',
  workers: 1,
  fullyParallel: false,
  forbidOnly: Boolean(process.env['CI']),
  timeout: 180_000,
  expect: { timeout: 15_000 },
  reporter: [['list'], ['json', { outputFile: process.env['PLAYWRIGHT_JSON_OUTPUT_FILE'] ?? 'test-results/electron.json' }]],
  projects: [
    { name: 'security', testMatch: 'security/**/*.spec.ts' },
    { name: 'e2e', testMatch: 'e2e/**/*.spec.ts' },
  ],
})
