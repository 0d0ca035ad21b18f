import { Radio, RadioGroup } from 'react-aria-components'
import type { InstanceProposal, SagemakerOptions } from '../../../../electron/shared/cloud'
import { Panel } from '../../components/layout'
import { FitBadge } from '../../components/state-mark'
import { useDraft } from '../../stores/draft'
import { bytes } from '../../text/format'
import { price } from '../../text/money'

/** `1 NVIDIA A10G, 24.0 GB` */
const gpuWords = ({ gpuCount, gpuName, gpuMemoryBytes }: InstanceProposal): string => `${gpuCount} ${gpuName}, ${bytes(gpuMemoryBytes)}${gpuCount > 1 ? ' each' : ''}`

/** The machine to rent: the one that suits best and two others, each with its price. */
export function MachinePanel({ cloud, proposals }: { readonly cloud: SagemakerOptions; readonly proposals: readonly InstanceProposal[] }) {
  const changeCloud = useDraft((state) => state.changeCloud)
  const known = proposals.some((proposal) => proposal.instanceType === cloud.instanceType)
  return (
    <Panel title="Machine to rent" end={cloud.instanceCount > 1 ? `${cloud.instanceCount} of them` : undefined}>
      <RadioGroup className="machines" aria-label="Machine to rent" value={cloud.instanceType} onChange={(instanceType) => { changeCloud({ instanceType }) }}>
        {proposals.map((proposal, index) => (
          <Radio key={proposal.instanceType} value={proposal.instanceType} className="choice machine">
            <span className="choice-dot" aria-hidden="true" />
            <span className="choice-words">
              <span className="cut mono">{proposal.instanceType}</span>
              <span className="quiet cut">{gpuWords(proposal)}{index === 0 && ' · proposed'}</span>
            </span>
            <FitBadge verdict={proposal.verdict} />
            <span className="machine-price">{proposal.usdPerHour === null ? <span className="quiet">price not known</span> : <>{price(proposal.usdPerHour)} <span className="quiet">an hour</span></>}</span>
          </Radio>
        ))}
        {!known && (
          <Radio value={cloud.instanceType} className="choice machine">
            <span className="choice-dot" aria-hidden="true" />
            <span className="choice-words">
              <span className="cut mono">{cloud.instanceType}</span>
              <span className="quiet cut">typed under Adjust</span>
            </span>
          </Radio>
        )}
      </RadioGroup>
    </Panel>
  )
}

/** Whether the chosen machine brings a disk of its own, so that a volume size has no meaning. */
export const hasOwnDisk = (cloud: SagemakerOptions, proposals: readonly InstanceProposal[]): boolean => proposals.find((proposal) => proposal.instanceType === cloud.instanceType)?.ownDisk ?? false
