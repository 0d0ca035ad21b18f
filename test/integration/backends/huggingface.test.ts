import { huggingface } from '../../../electron/backends/huggingface'
import { backendContract } from './contract'

backendContract(huggingface)
