import { describe, expect, it } from 'vitest'
import { awsCallCause, openaiCallCause, openaiFailureCause, retryAfterMs, sagemakerFailureCause, withoutSecrets } from '../../../electron/parsing/cloud-cause'

const aws = (code: string, message: string, status: number | null = 400, action: string | null = null) => awsCallCause({ codes: [code], status, message, action })
const openai = (code: string, message: string, status: number | null = 400, param: string | null = null) => openaiCallCause({ codes: [code], status, message, action: null, param })

describe('awsCallCause', () => {
  it.each([
    ['quota', 'ResourceLimitExceeded', "The account-level service limit 'ml.g5.2xlarge for spot training job usage' is 0 Instances, with current utilization of 0 Instances and a request delta of 1 Instances. Please use AWS Service Quotas to request an increase for this quota."],
    ['access-denied', 'AccessDeniedException', 'User: arn:aws:sts::111122223333:assumed-role/dev/eva is not authorized to perform: sagemaker:CreateTrainingJob on resource: arn:aws:sagemaker:us-east-1:111122223333:training-job/a because no identity-based policy allows the sagemaker:CreateTrainingJob action'],
    ['role', 'ValidationException', 'Could not assume role arn:aws:iam::111122223333:role/sm. Please ensure that the role exists and allows principal \'sagemaker.amazonaws.com\' to assume the role.'],
    ['role', 'NoSuchEntity', 'The role with name sagemaker-tunesmith cannot be found.'],
    ['role', 'ValidationException', "1 validation error detected: Value 'x' at 'roleArn' failed to satisfy constraint: Member must satisfy regular expression pattern"],
    ['image', 'ValidationException', 'Requested image 763104351884.dkr.ecr.us-east-1.amazonaws.com/huggingface-pytorch-training:nope not found.'],
    ['image', 'ValidationException', "1 validation error detected: Value '' at 'algorithmSpecification.trainingImage' failed to satisfy constraint"],
    ['bucket', 'NoSuchBucket', 'The specified bucket does not exist'],
    ['bucket', 'PermanentRedirect', 'The bucket you are attempting to access must be addressed using the specified endpoint.'],
    ['bucket', 'ValidationException', 'The S3 bucket tunesmith-runs in the output path does not exist or is in a different region'],
    ['bucket', 'ValidationException', 'No S3 objects found under S3 URL "s3://b/data" given in input data source.'],
    ['login-expired', 'ExpiredTokenException', 'The security token included in the request is expired'],
    ['login-expired', 'CredentialsProviderError', "Token is expired. To refresh this SSO session run 'aws sso login' with the corresponding profile."],
    ['login-expired', 'UnrecognizedClientException', 'The security token included in the request is invalid.'],
    ['login-expired', 'InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.'],
    ['login-expired', 'SignatureDoesNotMatch', 'The request signature we calculated does not match the signature you provided. Check your key and signing method.'],
    ['clock-skew', 'RequestTimeTooSkewed', 'The difference between the request time and the current time is too large.'],
    ['clock-skew', 'SignatureDoesNotMatch', 'Signature not yet current: 20261121T070000Z is still later than 20261121T051500Z (20261121T051000Z + 5 min.)'],
    ['clock-skew', 'InvalidSignatureException', 'Signature expired: 20261121T030000Z is now earlier than 20261121T051000Z (20261121T051500Z - 5 min.)'],
    ['rate-limit', 'ThrottlingException', 'Rate exceeded'],
    ['rate-limit', 'SlowDown', 'Please reduce your request rate.'],
    ['capacity', 'CapacityError', 'Unable to provision requested ML compute capacity. Please retry using a different ML instance type.'],
    ['unreachable', 'InternalError', 'We encountered an internal error. Please try again.'],
    ['unreachable', 'TimeoutError', '@smithy/node-http-handler - the request socket timed out after 60000 ms of inactivity (configured by client requestHandler).'],
    ['unreachable', 'ECONNRESET', 'socket hang up'],
    ['unreachable', 'SyntaxError', 'Unexpected token \'<\', "<html><bod"... is not valid JSON\n  Deserialization error: to see the raw response, inspect the hidden field {error}.$response on this object.'],
    ['unreachable', 'CredentialsProviderError', 'getaddrinfo ENOTFOUND portal.sso.eu-central-1.amazonaws.com'],
    ['unknown', 'ResourceInUse', 'Training job names must be unique within an AWS account'],
    ['unknown', 'ValidationException', "Value 'ml.bogus' at 'resourceConfig.instanceType' failed to satisfy constraint: Member must satisfy enum value set"],
  ] as const)('case %#: %s, %s (catches a cause without a name, or with a wrong one)', (kind, code, message) => {
    expect(aws(code, message)).toMatchObject({ kind, details: { code, status: 400 } })
  })

  it('tells the numbers of a quota, and which one it is (catches a spot quota that is taken for the other)', () => {
    const { details } = aws('ResourceLimitExceeded', "The account-level service limit 'ml.p5.48xlarge for spot training job usage' is 2 Instances, with current utilization of 1 Instances and a request delta of 4 Instances.")
    expect(details).toMatchObject({ quota: 'ml.p5.48xlarge for spot training job usage', limit: 2, used: 1, requested: 4 })
  })

  it('names the action that was refused, PassRole as well (catches "access denied" and nothing else)', () => {
    const passRole = aws('AccessDeniedException', 'User: arn:aws:iam::111122223333:user/eva is not authorized to perform: iam:PassRole on resource: arn:aws:iam::111122223333:role/sm because no identity-based policy allows the iam:PassRole action')
    expect(passRole).toMatchObject({ kind: 'access-denied', details: { action: 'iam:PassRole', resource: 'arn:aws:iam::111122223333:role/sm' } })
    const sealed = aws('AccessDenied', 'User: arn:aws:sts::1:assumed-role/a/b is not authorized to perform: kms:GenerateDataKey on resource: arn:aws:kms:us-east-1:1:key/2 because no resource-based policy allows the kms:GenerateDataKey action', 403)
    expect(sealed.details).toMatchObject({ action: 'kms:GenerateDataKey', status: 403 })
    expect(aws('Forbidden', 'UnknownError', 403, 's3:GetObject')).toMatchObject({ kind: 'access-denied', details: { action: 's3:GetObject' } })
    expect(aws('AccessDenied', 'Access Denied', 403)).toMatchObject({ kind: 'access-denied' })
  })

  it('knows what cannot have arrived (catches a job that is looked for though it was never sent)', () => {
    for (const code of ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH']) expect(aws(code, `connect ${code} 10.0.0.1:443`, null)).toMatchObject({ kind: 'unreachable', details: { sent: 'no' } })
    expect(aws('TimeoutError', '@smithy/node-http-handler - the request socket did not establish a connection with the server within the configured timeout of 10000 ms.', null).details).toMatchObject({ sent: 'no' })
    for (const code of ['ECONNRESET', 'EPIPE', 'TimeoutError']) expect(aws(code, 'cut', null).details).not.toHaveProperty('sent')
    expect(aws('SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate in certificate chain', null).details).toMatchObject({ sent: 'no', again: 'no' })
  })

  it('an unnamed answer goes by its status (catches a 503 that ends a job)', () => {
    expect(aws('Unknown', 'UnknownError', 503).kind).toBe('unreachable')
    expect(aws('Unknown', 'UnknownError', 429).kind).toBe('rate-limit')
    expect(aws('NotImplemented', 'A header you provided implies functionality that is not implemented', 501).kind).toBe('unknown')
    expect(aws('NotFound', 'UnknownError', 404).kind).toBe('unknown')
  })
})

describe('openaiCallCause', () => {
  it.each([
    ['insufficient-funds', 'insufficient_quota', 'You exceeded your current quota, please check your plan and billing details.', 429],
    ['insufficient-funds', 'billing_hard_limit_reached', 'Billing hard limit has been reached', 400],
    ['rate-limit', 'rate_limit_exceeded', 'Rate limit reached for gpt-4.1-mini in organization org-1 on requests per min (RPM): Limit 3, Used 3, Requested 1.', 429],
    ['rate-limit', 'too_many', 'slow down', 429],
    ['login-expired', 'invalid_api_key', 'Incorrect API key provided', 401],
    ['access-denied', 'missing_scope', 'You have insufficient permissions for this operation. Missing scopes: api.fine_tuning.jobs.write.', 403],
    ['access-denied', 'PermissionDenied', 'Principal does not have access to API/Operation.', 401],
    ['unsupported-base', 'model_not_found', 'The model `gpt-9` does not exist or you do not have access to it.', 404],
    ['unsupported-base', 'invalid_request_error', 'Model gpt-4.1-2025-04-14 is not available for fine-tuning', 400],
    ['unsupported-base', 'invalid_request_error', 'Fine-tuning is no longer available to new organizations.', 403],
    ['quota', 'active_limit_reached', 'Maximum number of active fine-tuning jobs reached (3).', 400],
    ['content-policy', 'content_policy_violation', 'The request was rejected by our content policy.', 400],
    ['unreachable', 'SyntaxError', 'Unexpected end of JSON input', null],
    ['unreachable', 'APIConnectionError', 'Connection error.', null],
    ['unreachable', 'APIConnectionTimeoutError', 'Request timed out.', null],
    ['unreachable', 'server_error', 'The server had an error while processing your request', 500],
    ['bad-data', 'invalid_request_error', 'Invalid file format. Line 12 is not valid JSONL.', 400],
    ['unknown', 'invalid_request_error', 'n_epochs must be at most 50', 400],
  ] as const)('case %#: %s, %s (catches a cause without a name, or with a wrong one)', (kind, code, message, status) => {
    expect(openai(code, message, status, kind === 'bad-data' ? 'training_file' : null).kind).toBe(kind)
  })

  it('tells the missing scope and the line (catches a user who must guess)', () => {
    expect(openai('missing_scope', 'You have insufficient permissions. Missing scopes: api.fine_tuning.jobs.write.', 403).details).toMatchObject({ action: 'api.fine_tuning.jobs.write' })
    expect(openai('invalid_request_error', 'Invalid file format. Line 12, message 2: content is missing.', 400, 'training_file').details).toMatchObject({ line: 12, param: 'training_file' })
  })
})

describe('openaiFailureCause', () => {
  it.each([
    ['too-few-examples', 'invalid_n_examples', 'Training file has 7 example(s), but must have at least 10 examples', { have: 7, need: 10 }],
    ['content-policy', 'unsafe_file', 'The job failed due to an unsafe training file. This training file was blocked because too many examples violate our usage policies.', {}],
    ['bad-data', 'invalid_training_file', 'Invalid file format. Example 3 is missing the key "messages"', { line: 3 }],
    ['bad-data', 'exceeded_max_tokens', 'Example 41 exceeds 65536 tokens', { line: 41 }],
    ['unsupported-base', 'model_not_available', 'The base model was shut down.', {}],
    ['insufficient-funds', 'billing_hard_limit_reached', 'Billing hard limit has been reached', {}],
    ['unknown', 'server_error', 'The job failed due to an internal error.', {}],
  ] as const)('%s: %s (catches a failed job that says "failed")', (kind, code, message, details) => {
    expect(openaiFailureCause({ code, message, param: kind === 'unknown' ? null : 'training_file' })).toMatchObject({ kind, evidence: `${code}: ${message}`, details })
  })

  it('Azure: a file that the service does not name by a code of its own still is the file (catches bad data without its name)', () => {
    expect(openaiFailureCause({ code: 'preprocessing_failed', message: 'Could not be processed', param: 'validation_file' }).kind).toBe('bad-data')
  })
})

describe('sagemakerFailureCause', () => {
  const toolkit = (error: string, exitCode = 1): string => `AlgorithmError: ExecuteUserScriptError:\nExitCode ${exitCode}\nErrorMessage "${error}"\nCommand "/opt/conda/bin/python3.12 train.py --epochs 3", exit code: ${exitCode}`

  it.each([
    ['out-of-memory', toolkit('torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 22.06 GiB of which 1.10 GiB is free.'), 'Failed', { requestedBytes: 2 * 1024 ** 3, exitCode: 1 }],
    ['out-of-memory', toolkit('MemoryError'), 'Failed', { memory: 'cpu' }],
    ['missing-package', toolkit("Traceback (most recent call last):\\n  File \\\"train.py\\\", line 3\\nModuleNotFoundError: No module named 'bitsandbytes'"), 'Failed', { package: 'bitsandbytes' }],
    ['gated-model', toolkit('GatedRepoError: 403 Client Error. Cannot access gated repo'), 'Failed', {}],
    ['killed', 'AlgorithmError: , exit code: 137', 'Failed', { exitCode: 137 }],
    ['unknown', toolkit('ValueError: nobody knows'), 'Failed', { exitCode: 1 }],
    ['capacity', 'CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML instance type or after some time.', 'Failed', {}],
    ['image', 'ClientError: Please make sure all images included in the model for the production variant AllTraffic exist, and that the execution role used to create the model has permissions to access them.', 'Failed', {}],
    ['image', 'ClientError: Cannot pull algorithm container. Either the image does not exist or its permissions are incorrect.', 'Failed', {}],
    ['bucket', 'ClientError: Data download failed:NoSuchKey (404): The specified key does not exist.', 'Failed', {}],
    ['access-denied', 'ClientError: Data download failed:Failed to download data. AccessDenied (403): Access Denied', 'Failed', { action: 's3:GetObject' }],
    ['access-denied', 'ClientError: Artifact upload failed:AccessDenied (403): Access Denied', 'Failed', { action: 's3:PutObject' }],
    ['access-denied', 'ClientError: User: arn:aws:sts::1:assumed-role/sm/SageMaker is not authorized to perform: s3:ListBucket on resource: arn:aws:s3:::b', 'Failed', { action: 's3:ListBucket' }],
    ['disk-full', 'ClientError: Artifact upload failed:Insufficient disk space', 'Failed', {}],
    ['time-limit', '', 'MaxRuntimeExceeded', { limit: 'run' }],
    ['time-limit', 'Training job runtime exceeded MaxWaitTimeInSeconds', 'MaxWaitTimeExceeded', { limit: 'wait' }],
    ['unknown', 'InternalServerError: We encountered an internal error. Please try again.', 'Failed', { code: 'InternalServerError' }],
    ['unknown', '', 'Failed', {}],
  ] as const)('case %#: %s (catches a failed job that names no cause)', (kind, reason, status, details) => {
    const cause = sagemakerFailureCause(reason, status)
    expect(cause).toMatchObject({ kind, details })
    expect(cause.evidence).not.toBe('')
  })
})

describe('retryAfterMs', () => {
  it('reads seconds, dates and milliseconds, and nothing else (catches a wait of NaN, and one of a hundred years)', () => {
    const now = Date.parse('2026-11-21T05:00:00Z')
    expect(retryAfterMs({ 'retry-after': '3' }, now)).toBe(3_000)
    expect(retryAfterMs({ 'retry-after': '0.5' }, now)).toBe(500)
    expect(retryAfterMs({ 'retry-after': 'Sat, 21 Nov 2026 05:00:20 GMT' }, now)).toBe(20_000)
    expect(retryAfterMs({ 'retry-after': 'Sat, 21 Nov 2026 04:00:00 GMT' }, now)).toBe(0)
    expect(retryAfterMs({ 'retry-after-ms': '1500', 'retry-after': '9' }, now)).toBe(1_500)
    expect(retryAfterMs({ 'x-amz-retry-after': '700' }, now)).toBe(700)
    for (const text of ['soon', '-1', '', '1e9999']) expect(retryAfterMs({ 'retry-after': text }, now)).toBeNull()
    expect(retryAfterMs({}, now)).toBeNull()
  })
})

describe('withoutSecrets', () => {
  it('takes out what looks like a key (catches a key that a service repeats in its error)', () => {
    const said = [
      'Incorrect API key provided: sk-proj-abcdefgh12345678_x.', 'AKIAIOSFODNN7EXAMPLE is unknown', 'Authorization: Bearer eyJhbGciOi.J9', 'https://b.s3.amazonaws.com/k?X-Amz-Signature=deadbeef01&X-Amz-Security-Token=FwoGZX',
      'api-key: 0123456789abcdef', 'token hf_abcdefghijklmnopqrst',
    ].map(withoutSecrets).join('\n')
    expect(said).not.toMatch(/abcdefgh|AKIAIOS|eyJ|deadbeef|FwoGZX|0123456789|hf_a/)
    expect(withoutSecrets('User: arn:aws:iam::111122223333:user/eva is not authorized')).toBe('User: arn:aws:iam::111122223333:user/eva is not authorized')
  })
})
