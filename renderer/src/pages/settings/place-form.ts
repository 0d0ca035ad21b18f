import '../../strict-zod'
import { ConnectionConfig } from '../../../../electron/shared/connection'

/** The fields of a place as texts, while they are typed. */
export interface AwsFields {
  readonly kind: 'aws'
  readonly name: string
  readonly profile: string
  readonly region: string
  readonly roleArn: string
  readonly bucket: string
  readonly prefix: string
  readonly kmsKeyArn: string
  readonly subnetIds: string
  readonly securityGroupIds: string
  /** One `key=value` a line. */
  readonly tags: string
  readonly reachesPypi: boolean
}
export interface OpenaiFields {
  readonly kind: 'openai'
  readonly name: string
  readonly preset: 'azure' | 'openai' | 'custom'
  readonly baseUrl: string
  readonly organization: string
  readonly project: string
}
export type PlaceFields = AwsFields | OpenaiFields

type FieldName = Exclude<keyof AwsFields | keyof OpenaiFields, 'kind'>
export type Problems = Readonly<Partial<Record<FieldName, string>>>

export const openaiAddress = 'https://api.openai.com/v1'

/** What is right for a field, said where what was typed is not. The rules themselves are those of shared/connection.ts. */
const right: Readonly<Record<FieldName, string>> = {
  name: 'A name of 1 to 60 characters.',
  profile: 'The name of a profile in ~/.aws; at most 128 characters.',
  region: 'A region such as us-east-1.',
  roleArn: 'The ARN of a role, such as arn:aws:iam::123456789012:role/tunesmith.',
  bucket: 'The name of a bucket alone: 3 to 63 small letters, digits, dots and hyphens.',
  prefix: 'Names of folders with a slash between them, none at the ends.',
  kmsKeyArn: 'The ARN of a key, such as arn:aws:kms:us-east-1:123456789012:key/…',
  subnetIds: '1 to 16 ids such as subnet-0a1b2c3d, with commas between; with security groups or not at all.',
  securityGroupIds: '1 to 5 ids such as sg-0a1b2c3d, with commas between; with subnets or not at all.',
  tags: 'One a line: key=value; at most 40.',
  reachesPypi: '',
  preset: 'Choose one.',
  baseUrl: 'An address that begins with https:// or http://, without a password in it.',
  organization: 'At most 100 characters.',
  project: 'At most 100 characters.',
}

export const emptyPlace = (kind: PlaceFields['kind']): PlaceFields =>
  kind === 'aws'
    ? { kind, name: 'AWS', profile: '', region: 'us-east-1', roleArn: '', bucket: '', prefix: 'tunesmith', kmsKeyArn: '', subnetIds: '', securityGroupIds: '', tags: '', reachesPypi: true }
    : { kind, name: 'Azure', preset: 'azure', baseUrl: '', organization: '', project: '' }

/** The fields of a place that is there already. */
export function fieldsOf(config: ConnectionConfig): PlaceFields {
  if (config.kind === 'openai') return { ...config, organization: config.organization ?? '', project: config.project ?? '' }
  const { vpc, tags, profile, kmsKeyArn, ...rest } = config
  return {
    ...rest, profile: profile ?? '', kmsKeyArn: kmsKeyArn ?? '', subnetIds: vpc?.subnetIds.join(', ') ?? '', securityGroupIds: vpc?.securityGroupIds.join(', ') ?? '',
    tags: tags.map(({ key, value }) => `${key}=${value}`).join('\n'),
  }
}

const orNull = (text: string): string | null => (text.trim() === '' ? null : text.trim())
const list = (text: string): readonly string[] => text.split(/[\s,]+/).filter((part) => part !== '')
const tag = (line: string): { key: string; value: string } => {
  const at = line.indexOf('=')
  return at < 0 ? { key: '', value: line } : { key: line.slice(0, at).trim(), value: line.slice(at + 1).trim() }
}

function candidateOf(fields: PlaceFields): unknown {
  if (fields.kind === 'openai') {
    const { kind, name, preset } = fields
    return { kind, name, preset, baseUrl: preset === 'openai' ? openaiAddress : fields.baseUrl.trim().replace(/\/+$/, ''), organization: orNull(fields.organization), project: orNull(fields.project) }
  }
  const [subnetIds, securityGroupIds] = [list(fields.subnetIds), list(fields.securityGroupIds)]
  return {
    kind: 'aws', name: fields.name, profile: orNull(fields.profile), region: fields.region.trim(), roleArn: fields.roleArn.trim(), bucket: fields.bucket.trim(), prefix: fields.prefix.trim(), kmsKeyArn: orNull(fields.kmsKeyArn),
    vpc: subnetIds.length === 0 && securityGroupIds.length === 0 ? null : { subnetIds, securityGroupIds },
    tags: fields.tags.split('\n').filter((line) => line.trim() !== '').map(tag), reachesPypi: fields.reachesPypi,
  }
}

/** The place, or what is wrong by field. */
export function readPlace(fields: PlaceFields): { readonly config: ConnectionConfig } | { readonly problems: Problems } {
  const read = ConnectionConfig.safeParse(candidateOf(fields))
  if (read.success) return { config: read.data }
  const names = read.error.issues.map(({ path }) => (path[0] === 'vpc' ? path[1] : path[0]))
  return { problems: Object.fromEntries(Object.entries(right).filter(([name]) => names.includes(name))) }
}
