import type { AppSettings } from './settings'

export const defaultSettings: AppSettings = {
  theme: 'system',
  notifyOnEnd: true,
  keepAwake: true,
  preferredGpu: null,
  cpuThreads: 1,
  hub: { endpoint: 'https://huggingface.co', proxy: null, caFile: null, offline: false },
  cloud: { concurrentJobs: 4, monthlyBudgetUsd: null, stopOverBudget: false, fetchPrices: false },
  sidebarFolded: false,
}
