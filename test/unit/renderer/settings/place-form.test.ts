import { describe, expect, it } from 'vitest'
import { ConnectionConfig } from '../../../../electron/shared/connection'
import { emptyPlace, fieldsOf, openaiAddress, readPlace } from '../../../../renderer/src/pages/settings/place-form'
import type { AwsFields, OpenaiFields, PlaceFields } from '../../../../renderer/src/pages/settings/place-form'
import { fakeAws, fakeAzure } from '../../../support/fake-cloud'

const problemsOf = (fields: PlaceFields): readonly string[] => {
  const read = readPlace(fields)
  return 'problems' in read ? Object.keys(read.problems) : []
}
const aws = fieldsOf(fakeAws) as AwsFields
const azure = fieldsOf(fakeAzure) as OpenaiFields

describe('the form of a place', () => {
  it('reads back what it was filled with (catches an edit that changes what nobody touched)', () => {
    const full = ConnectionConfig.parse({ ...fakeAws, kmsKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/1', vpc: { subnetIds: ['subnet-0a1b2c3d', 'subnet-1a1b2c3d'], securityGroupIds: ['sg-0a1b2c3d'] }, tags: [{ key: 'team', value: 'a=b' }] })
    expect(readPlace(fieldsOf(full))).toEqual({ config: full })
    expect(readPlace(fieldsOf(fakeAzure))).toEqual({ config: fakeAzure })
  })

  it('says which fields are wrong, by the rules of the contract (catches a place that the engine refuses without a word at the field)', () => {
    expect(problemsOf(emptyPlace('aws'))).toEqual(['roleArn', 'bucket'])
    expect(problemsOf({ ...aws, name: '  ' })).toEqual(['name'])
    expect(problemsOf({ ...aws, region: 'Frankfurt' })).toEqual(['region'])
    expect(problemsOf({ ...aws, bucket: 's3://team' })).toEqual(['bucket'])
    expect(problemsOf({ ...aws, prefix: '/runs/' })).toEqual(['prefix'])
    expect(problemsOf({ ...aws, roleArn: 'arn:aws:iam::123456789012:user/ada' })).toEqual(['roleArn'])
    expect(problemsOf({ ...aws, tags: 'no equals sign' })).toEqual(['tags'])
  })

  it('wants subnets and security groups together (catches a network that is half there)', () => {
    expect(problemsOf({ ...aws, subnetIds: 'subnet-0a1b2c3d' })).toEqual(['securityGroupIds'])
    expect(problemsOf({ ...aws, subnetIds: 'wrong', securityGroupIds: 'sg-0a1b2c3d' })).toEqual(['subnetIds'])
  })

  it('takes an address without its last slash, and none with a password (catches a key that ends in the settings)', () => {
    expect(readPlace({ ...azure, baseUrl: ' https://host/v1/ ' })).toMatchObject({ config: { baseUrl: 'https://host/v1' } })
    expect(problemsOf({ ...azure, baseUrl: 'https://me:secret@host/v1' })).toEqual(['baseUrl'])
    expect(problemsOf({ ...azure, baseUrl: 'ftp://host/v1' })).toEqual(['baseUrl'])
    expect(problemsOf(emptyPlace('openai'))).toEqual(['baseUrl'])
  })

  it("has OpenAI's own address for its preset (catches a leftover of another service)", () => {
    expect(readPlace({ ...azure, preset: 'openai', baseUrl: 'https://elsewhere/v1' })).toMatchObject({ config: { preset: 'openai', baseUrl: openaiAddress } })
  })
})
