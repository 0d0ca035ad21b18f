import { unsloth } from '../../../electron/backends/unsloth'
import { backendContract } from './contract'

backendContract(unsloth)
