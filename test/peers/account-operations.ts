// What the tests' AWS answers about the account: service quotas, list prices and what a principal may do.
import { createHash } from 'node:crypto'
import { AwsError, escapeXml, queryList } from './aws-wire'

/** SageMaker training, USD per hour, us-east-1: made up of list prices of 2026, for tests only. */
const usdPerHour: Readonly<Record<string, number>> = {
  'ml.g4dn.xlarge': 0.736, 'ml.g5.xlarge': 1.408, 'ml.g5.2xlarge': 1.515, 'ml.g5.4xlarge': 2.03, 'ml.g5.12xlarge': 7.09, 'ml.g6.xlarge': 1.127, 'ml.g6.2xlarge': 1.222, 'ml.g6.12xlarge': 5.752,
  'ml.g6e.xlarge': 2.61, 'ml.g6e.2xlarge': 2.8, 'ml.g6e.12xlarge': 13.12, 'ml.g7e.2xlarge': 4.2, 'ml.m5.xlarge': 0.23, 'ml.c5.xlarge': 0.204,
}

const regionCodes: Readonly<Record<string, string>> = { 'us-east-1': 'USE1', 'us-west-2': 'USW2', 'eu-central-1': 'EUC1', 'eu-west-1': 'EUW1' }

type Quotas = Readonly<Record<string, number>>
const defaultQuota = 4

export const quotaName = (instanceType: string, spot: boolean): string => `${instanceType} for ${spot ? 'spot ' : ''}training job usage`
export const quotaOf = (quotas: Quotas, name: string): number => quotas[name] ?? defaultQuota

function quotaShape(name: string, value: number) {
  const code = `L-${createHash('sha256').update(name).digest('hex').slice(0, 8).toUpperCase()}`
  return {
    ServiceCode: 'sagemaker', ServiceName: 'Amazon SageMaker', QuotaArn: `arn:aws:servicequotas:us-east-1:123456789012:sagemaker/${code}`, QuotaCode: code, QuotaName: name,
    Value: value, Unit: 'None', Adjustable: true, GlobalQuota: false, QuotaAppliedAtLevel: 'ACCOUNT',
  }
}

interface Paged {
  readonly ServiceCode?: string
  readonly NextToken?: string
  readonly MaxResults?: number
}

/** Every instance type twice, among other quotas, in pages of at most 20: so a client that reads one page only sees little. */
export function listServiceQuotas(input: Paged, quotas: Quotas) {
  if (input.ServiceCode !== 'sagemaker') throw new AwsError('NoSuchResourceException', `The request failed because the specified service ${input.ServiceCode} does not exist.`)
  const types = new Set([...Object.keys(usdPerHour), ...Object.keys(quotas).map((name) => name.split(' ')[0] ?? '')])
  const names = [...types].flatMap((type) => [`${type} for endpoint usage`, quotaName(type, false), quotaName(type, true), `${type} for processing job usage`])
  const { items, next } = page(names, input, 20)
  return { Quotas: items.map((name) => quotaShape(name, quotaOf(quotas, name))), ...next }
}

export function getServiceQuota(input: { readonly ServiceCode?: string; readonly QuotaCode?: string }, quotas: Quotas) {
  const names = Object.keys(usdPerHour).flatMap((type) => [quotaName(type, false), quotaName(type, true)])
  const found = [...names, ...Object.keys(quotas)].map((name) => quotaShape(name, quotaOf(quotas, name))).find(({ QuotaCode }) => QuotaCode === input.QuotaCode)
  if (input.ServiceCode !== 'sagemaker' || found === undefined) throw new AwsError('NoSuchResourceException', 'The request failed because the specified quota does not exist.')
  return { Quota: found }
}

interface ProductsInput extends Paged {
  readonly Filters?: readonly { readonly Type: string; readonly Field: string; readonly Value: string }[]
}

/** Products of AmazonSageMaker in the shape of the Price List API, filtered by their attributes. */
export function getProducts(input: ProductsInput) {
  if (input.ServiceCode !== 'AmazonSageMaker') return { FormatVersion: 'aws_v1', PriceList: [] }
  const products = Object.entries(regionCodes).flatMap(([region, code]) => Object.entries(usdPerHour).map(([type, price]) => product(region, code, type, region === 'us-east-1' || region === 'us-west-2' ? price : price * 1.25)))
  const matching = products.filter(({ product: { productFamily, attributes } }) =>
    (input.Filters ?? []).every(({ Field, Value }) => (Field === 'productFamily' ? productFamily : (attributes as Readonly<Record<string, string>>)[Field]) === Value),
  )
  const { items, next } = page(matching, input, 100)
  return { FormatVersion: 'aws_v1', PriceList: items.map((item) => JSON.stringify(item)), ...next }
}

function product(region: string, code: string, type: string, price: number) {
  const usagetype = `${code}-Train:${type}`
  const sku = createHash('sha256').update(usagetype).digest('hex').slice(0, 16).toUpperCase()
  const attributes = { servicecode: 'AmazonSageMaker', servicename: 'Amazon SageMaker', regionCode: region, locationType: 'AWS Region', instanceName: type, platoinstancename: type, component: 'Training', usagetype, operation: 'RunInstance' }
  const dimension = { unit: 'Hrs', rateCode: `${sku}.JRTCKXETXF.6YS6EN2CT7`, beginRange: '0', endRange: 'Inf', description: `$${price} per Hour for ${type} Training`, appliesTo: [], pricePerUnit: { USD: price.toFixed(10) } }
  const term = { sku, offerTermCode: 'JRTCKXETXF', effectiveDate: '2026-11-01T00:00:00Z', termAttributes: {}, priceDimensions: { [dimension.rateCode]: dimension } }
  return { product: { productFamily: 'ML Instance', sku, attributes }, serviceCode: 'AmazonSageMaker', terms: { OnDemand: { [`${sku}.JRTCKXETXF`]: term } }, version: '20261101000000', publicationDate: '2026-11-01T00:00:00Z' }
}

function page<T>(all: readonly T[], { NextToken, MaxResults }: Paged, atMost: number): { readonly items: readonly T[]; readonly next: { readonly NextToken?: string } } {
  const from = NextToken === undefined ? 0 : Number(Buffer.from(NextToken, 'base64').toString('utf8'))
  if (!Number.isInteger(from) || from < 0) throw new AwsError('InvalidNextTokenException', 'The pagination token is not valid.')
  const to = from + Math.min(MaxResults ?? atMost, atMost)
  return { items: all.slice(from, to), next: to < all.length ? { NextToken: Buffer.from(String(to)).toString('base64') } : {} }
}

/** The answer as its shape and as XML: what is in `denied` is denied, all else allowed. */
export function simulatePrincipalPolicy(form: URLSearchParams, denied: ReadonlySet<string>) {
  const source = form.get('PolicySourceArn') ?? ''
  if (!/^arn:aws[a-z-]*:iam::\d{12}:(user|group|role)\/.+/.test(source)) throw new AwsError('InvalidInput', `Invalid Entity Arn: ${source} does not clearly define entity type and name.`)
  const resources = queryList(form, 'ResourceArns')
  const results = queryList(form, 'ActionNames').flatMap((action) =>
    (resources.length === 0 ? ['*'] : resources).map((resource) => ({
      EvalActionName: action, EvalResourceName: resource, EvalDecision: denied.has(action) ? 'implicitDeny' : 'allowed', MatchedStatements: [], MissingContextValues: [],
    })),
  )
  const members = results.map(
    ({ EvalActionName, EvalResourceName, EvalDecision }) =>
      `<member><EvalActionName>${escapeXml(EvalActionName)}</EvalActionName><EvalResourceName>${escapeXml(EvalResourceName)}</EvalResourceName><EvalDecision>${EvalDecision}</EvalDecision><MatchedStatements/><MissingContextValues/></member>`,
  )
  return {
    value: { EvaluationResults: results, IsTruncated: false },
    xml: `<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated><EvaluationResults>${members.join('')}</EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>`,
  }
}

/** The form of a query request as the values that its model describes. */
export function simulateRequest(form: URLSearchParams): Readonly<Record<string, unknown>> {
  const found: Record<string, unknown> = {}
  for (const name of ['ActionNames', 'ResourceArns', 'PolicyInputList']) if (queryList(form, name).length > 0) found[name] = queryList(form, name)
  for (const [name, value] of form) if (!name.includes('.') && name !== 'Action' && name !== 'Version') found[name] = name === 'MaxItems' ? Number(value) : value
  return found
}
