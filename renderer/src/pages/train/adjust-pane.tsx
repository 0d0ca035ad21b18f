import { Button } from '../../components/button'
import { changedSettings, useDraft } from '../../stores/draft'
import { BatchSettings, LengthSettings, MethodSettings } from './adjust-main'
import { AdapterSettings, CheckpointSettings, EvaluationSettings, MemorySettings, RepeatSettings } from './adjust-more'

/** Every knob of the run. What differs from the defaults carries a dot. */
export function AdjustPane() {
  const draft = useDraft()
  const { settings, plan } = draft
  const changed = Object.keys(changedSettings(draft)).length
  return (
    <aside className="pane adjust" aria-label="Adjust">
      <div className="pane-head">
        <h2>Adjust</h2>
        {changed > 0 && <span className="quiet small">{changed} changed</span>}
        <div className="pane-end">
          <Button look="quiet" size="small" disabled={changed === 0} onPress={draft.reset}>
            Reset
          </Button>
        </div>
      </div>
      {settings !== null && (
        <div className="pane-scroll">
          <MethodSettings settings={settings} plan={plan} />
          <LengthSettings settings={settings} plan={plan} />
          <BatchSettings settings={settings} plan={plan} />
          {settings.method !== 'full' && <AdapterSettings settings={settings} plan={plan} />}
          <MemorySettings settings={settings} plan={plan} />
          <EvaluationSettings settings={settings} plan={plan} />
          <CheckpointSettings settings={settings} plan={plan} />
          <RepeatSettings settings={settings} plan={plan} />
        </div>
      )}
    </aside>
  )
}
