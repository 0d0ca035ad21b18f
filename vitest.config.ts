import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

/** The parts of the test tree that run under plain Node; test/e2e and test/security/*.spec.ts run in Electron (playwright.config.ts). */
export default defineConfig({
  test: {
    // Rendered files must not depend on who runs the tests.
    env: { TZ: 'UTC', OMP_NUM_THREADS: '1', TUNESMITH_TEST: '1' },
    projects: [
      { extends: true, test: { name: 'layers', include: ['test/unit/layers.test.ts'] } },
      { extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.ts'], exclude: ['test/unit/layers.test.ts', 'test/unit/renderer/**'] } },
      { extends: true, test: { name: 'renderer', include: ['test/unit/renderer/**/*.test.{ts,tsx}'], environment: 'happy-dom' } },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          // Each may hold a Python with torch: two at a time, also on a larger machine.
          maxWorkers: Math.min(2, availableParallelism()),
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      // Only scripts/bench.mjs runs these: they take long, and what they measure depends on the machine.
      { extends: true, test: { name: 'bench', include: ['test/bench/**/*.bench.ts'], testTimeout: 600_000, hookTimeout: 600_000 } },
      { extends: true, test: { name: 'security', include: ['test/security/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 120_000 } },
    ],
  },
})
