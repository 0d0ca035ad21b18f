import { unsloth } from '../../../electron/backends/unsloth'
import { backendContract } from './contract'
import { localStage } from './local-stage'

backendContract(unsloth, localStage(unsloth))
