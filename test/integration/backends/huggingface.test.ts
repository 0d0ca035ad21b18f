import { huggingface } from '../../../electron/backends/huggingface'
import { backendContract } from './contract'
import { localStage } from './local-stage'

backendContract(huggingface, localStage(huggingface))
