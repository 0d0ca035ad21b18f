import { create } from 'zustand'
import { defaultSettings } from '../../../electron/shared/default-settings'
import type { AppSettings, SecretState } from '../../../electron/shared/settings'
import { request } from '../bridge'

interface Settings {
  readonly settings: AppSettings
  readonly loaded: boolean
  readonly secrets: readonly SecretState[]
  load(): Promise<void>
  change(part: Partial<AppSettings>): Promise<void>
  take(settings: AppSettings): void
  takeSecret(secret: SecretState): void
}

export const useSettings = create<Settings>((set, get) => ({
  settings: defaultSettings,
  loaded: false,
  secrets: [],
  async load() {
    const [settings, secrets] = await Promise.all([request('settings.get'), request('secrets.state')])
    set({ settings, secrets, loaded: true })
  },
  async change(part) {
    const before = get().settings
    set({ settings: { ...before, ...part } })
    try {
      set({ settings: await request('settings.set', part) })
    } catch (error) {
      set({ settings: before })
      throw error
    }
  },
  take: (settings) => {
    set({ settings, loaded: true })
  },
  takeSecret: (secret) => {
    set((state) => ({ secrets: [...state.secrets.filter((one) => one.name !== secret.name), secret] }))
  },
}))
