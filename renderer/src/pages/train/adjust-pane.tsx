import { Button } from '../../components/button'
import { changedSettings, useDraft } from '../../stores/draft'
import { useConnections } from '../../stores/lists'
import { MachineSettings, ServiceSettings } from './adjust-cloud'
import { BatchSettings, LengthSettings, MethodSettings } from './adjust-main'
import { AdapterSettings, CheckpointSettings, EvaluationSettings, MemorySettings, RepeatSettings } from './adjust-more'

/** Every knob of the run. What differs from the defaults carries a dot. */
export function AdjustPane() {
  const draft = useDraft()
  const { settings, plan, cloud } = draft
  const isAzure = useConnections((state) => state.items.some(({ id, config }) => id === cloud?.connectionId && config.kind === 'openai' && config.preset === 'azure'))
  const changed = cloud?.kind === 'openai' ? 0 : Object.keys(changedSettings(draft)).length
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
      {settings !== null && cloud?.kind === 'openai' && (
        <div className="pane-scroll">
          <ServiceSettings key={cloud.connectionId} cloud={cloud} settings={settings} plan={plan} isAzure={isAzure} />
        </div>
      )}
      {settings !== null && cloud?.kind !== 'openai' && (
        <div className="pane-scroll">
          {cloud !== null && <MachineSettings key={cloud.connectionId} cloud={cloud} plan={plan} />}
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
