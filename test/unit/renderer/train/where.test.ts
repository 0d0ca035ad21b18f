import { describe, expect, it } from 'vitest'
import { firstLimit } from '../../../../renderer/src/pages/train/quote-panel'
import { baseOptions, cloudFootText, generalIssues, isAbout, thisMachine, whereOptions } from '../../../../renderer/src/pages/train/where'
import { cloudDefaults } from '../../../../renderer/src/stores/draft-cloud'
import { fakeAws, fakeAzure, fakeAzureCheck, fakeBrokenPlaces, fakePlace, fakePlaces, fakeQuote, fakeRemoteModels, unknownQuote } from '../../../support/fake-cloud'
import { fakePlan } from '../../../support/fake-data'

describe('where a run can go', () => {
  it('names this machine first, and what stands in the way of each place (catches a dead place that looks ready)', () => {
    expect(whereOptions([])).toEqual([{ value: thisMachine, label: 'This machine' }])
    expect(whereOptions(fakePlaces).map(({ label, detail }) => [label, detail])).toEqual([['This machine', undefined], ['Team AWS', 'AWS, us-east-1, profile work'], ['Azure west', '1 warning']])
    expect(whereOptions(fakeBrokenPlaces).map(({ detail }) => detail)).toEqual([undefined, 'login has run out', 'not answering', 'OpenAI protocol, 10.0.0.12:8000, not checked'])
  })

  it('says what leaves this computer, where it goes and what it costs (catches a start that hides its price)', () => {
    const place = fakePlace(1, fakeAws)
    expect(cloudFootText({ quote: fakeQuote, proposals: [], uploadBytes: 1.2 * 2 ** 30 }, place)).toBe('Sends 1.2 GB to Team AWS (us-east-1), then costs $1.20 to $2.10. Closing the window does not stop it.')
    expect(cloudFootText({ quote: unknownQuote, proposals: [], uploadBytes: null }, place)).toBe('Goes to Team AWS (us-east-1); what it costs is not known. Closing the window does not stop it.')
  })
})

describe('bases of a service', () => {
  const options = baseOptions(fakeAzureCheck.bases, fakeRemoteModels.filter((model) => model.kind === 'remote'))

  it('keep a dead one in sight with its reason, last and not to be chosen (catches a job for a base that is gone)', () => {
    const gone = options.filter((option) => option.disabled)
    expect(gone.map(({ value }) => value)).toEqual(['gpt-3.5-turbo-0125', 'gpt-4.1-nano-2025-04-14', 'babbage-002'])
    expect(gone[0]?.detail).toBe('gone since 23 Oct 2026; choose gpt-4.1-mini')
    expect(options.slice(-3)).toEqual(gone)
  })

  it('say the day on which they end, and know the model that was chosen before (catches the same base added twice)', () => {
    const mini = options.find(({ value }) => value === 'gpt-4.1-mini-2025-04-14')
    expect(mini).toMatchObject({ detail: 'ends 14 Jan 2027', model: { name: 'gpt-4.1-mini-2025-04-14' } })
    expect(options.find(({ value }) => value === 'gpt-oss-20b')?.model).toBeNull()
  })

  it('offer one that was typed although no check lists it (catches a custom base that vanishes)', () => {
    expect(baseOptions([], fakeRemoteModels.slice(0, 1)).map(({ value, detail }) => [value, detail])).toEqual([['gpt-4.1-mini-2025-04-14', 'until 14 Jan 2027']])
  })
})

describe('issues of a plan elsewhere', () => {
  const issue = (field: string | null) => ({ severity: 'error' as const, code: field ?? 'none', message: 'wrong', field })

  it('belong to their field with or without the name of the options (catches an error that no knob shows)', () => {
    expect(isAbout(issue('cloud.spot'), 'spot')).toBe(true)
    expect(isAbout(issue('spot'), 'spot')).toBe(true)
    expect(isAbout(issue(null), 'spot')).toBe(false)
  })

  it('stand among the checks where their knob is hidden (catches a job that cannot start and does not say why)', () => {
    const issues = [issue(null), issue('maxLength'), issue('cloud.epochs'), issue('device')]
    expect(generalIssues(issues, null).map(({ code }) => code)).toEqual(['none'])
    expect(generalIssues(issues, cloudDefaults(fakePlace(2, fakeAzure), 'unsloth')).map(({ code }) => code)).toEqual(['none', 'maxLength', 'device'])
    expect(generalIssues([...fakePlan.issues, issue('device')], cloudDefaults(fakePlace(1, fakeAws), 'unsloth')).map(({ code }) => code)).toEqual(['device'])
  })
})

it('a first budget lies above the quote, at a round amount (catches a limit that refuses the very job)', () => {
  expect([2.1, 24.36, 412, null].map(firstLimit)).toEqual([3, 30, 500, 10])
})
