import { z } from 'zod'
import { AppError } from '../../shared/app-error'
import type { Price } from '../../shared/money'
import { awsClients } from '../aws/clients'
import type { OpenAws } from '../connection'

/** One entry of the price list: a JSON text of its own. `usagetype` is `USE1-Train:ml.g5.2xlarge`. */
const Product = z.object({
  product: z.object({ attributes: z.object({ usagetype: z.string(), regionCode: z.string().optional() }) }),
  terms: z.object({
    OnDemand: z.record(z.string(), z.object({ priceDimensions: z.record(z.string(), z.object({ unit: z.string(), pricePerUnit: z.object({ USD: z.string() }) })) })),
  }),
  publicationDate: z.string(),
})

const trainingUsage = /(?:^|-)Train:(ml\.[a-z0-9-]+\.[a-z0-9]+)$/
/** A region has some 3,000 entries, 100 a page; a list that goes on and on is cut. */
const maxPages = 100

/** What an hour of training costs on every instance type of the connection's region, by the AWS Price List API. Throws CloudError, or CLOUD_FAILED where the list has none. */
export async function fetchSagemakerPrices(open: OpenAws, signal?: AbortSignal): Promise<readonly Omit<Price, 'origin'>[]> {
  const { region } = open.config
  const found = new Map<string, Omit<Price, 'origin'>>()
  let token: string | undefined
  for (let page = 0; page < maxPages; page += 1) {
    const answer = await open.gateway.call('asking for AWS\'s price list', async (attempt) => {
      const [{ GetProductsCommand }, client] = await Promise.all([import('@aws-sdk/client-pricing'), awsClients(open).pricing()])
      return client.send(new GetProductsCommand({
        ServiceCode: 'AmazonSageMaker', FormatVersion: 'aws_v1', MaxResults: 100, Filters: [{ Type: 'TERM_MATCH', Field: 'regionCode', Value: region }], ...(token === undefined ? {} : { NextToken: token }),
      }), { abortSignal: attempt })
    }, signal === undefined ? {} : { signal })
    for (const entry of answer.PriceList ?? []) {
      const price = priceOf(entry, region)
      if (price !== null) found.set(price.item, price)
    }
    token = answer.NextToken
    if (token === undefined || token === '') break
  }
  if (found.size === 0) throw new AppError('CLOUD_FAILED', `AWS's price list has no training price for ${region}`)
  return [...found.values()]
}

/** Null for an entry that is no hour of training in this region, or that has another form. */
function priceOf(entry: unknown, region: string): Omit<Price, 'origin'> | null {
  const parsed = Product.safeParse(jsonOf(entry))
  if (!parsed.success) return null
  const { product: { attributes: { usagetype, regionCode } }, terms, publicationDate } = parsed.data
  const item = trainingUsage.exec(usagetype)?.[1]
  const asOf = /^\d{4}-\d{2}-\d{2}/.exec(publicationDate)?.[0]
  const hourly = Object.values(terms.OnDemand).flatMap(({ priceDimensions }) => Object.values(priceDimensions)).find(({ unit }) => /^h(ou)?rs?$/i.test(unit))
  const usd = Number(hourly?.pricePerUnit.USD)
  if (item === undefined || asOf === undefined || (regionCode !== undefined && regionCode !== region) || !(usd > 0)) return null
  return { place: 'sagemaker', item, region, unit: 'instance-hour', usd, source: 'AWS Price List API', asOf }
}

/** The SDK gives each entry as a `String` object, which is no string to `typeof`. */
function jsonOf(entry: unknown): unknown {
  if (typeof entry !== 'string' && !(entry instanceof String)) return null
  try {
    return JSON.parse(entry.toString())
  } catch {
    return null
  }
}
