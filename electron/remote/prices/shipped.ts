import type { Price } from '../../shared/money'
import { openaiPrices } from './openai'
import { sagemakerPrices } from './sagemaker'

/** The prices that come with the app. Each row says where it was read and when; the user's own and fetched ones go before them. */
export const shippedPrices: readonly Price[] = [...sagemakerPrices, ...openaiPrices]
