import { describe, expect, test } from 'vitest'
import { adapterParameters, parseModelShape, totalParameters, unknownTargets, type ModelShape } from '../../../electron/domain/model-shape'
import { referenceConfigs } from '../../fixtures/vram-reference-models'

function shape(config: unknown): ModelShape {
  const parsed = parseModelShape(config)
  if ('kind' in parsed) throw new Error(`${parsed.reason}: ${parsed.detail}`)
  return parsed
}

const llama8b = {
  model_type: 'llama', hidden_size: 4096, num_hidden_layers: 32, num_attention_heads: 32, num_key_value_heads: 8, intermediate_size: 14336,
  vocab_size: 128256, tie_word_embeddings: false,
}

describe('model shape', () => {
  // Published parameter counts (sum of the safetensors). A wrong GQA width, head size, bias or tie shows at once.
  test.each([
    ['TinyLlama-1.1B', 1_100_048_384],
    ['SmolLM2-135M', 134_515_008],
    ['SmolLM2-360M', 361_821_120],
    ['SmolLM2-1.7B', 1_711_376_384],
    ['Qwen2.5-0.5B', 494_032_768],
    ['Qwen2.5-1.5B', 1_543_714_304],
    ['Qwen2.5-7B', 7_615_616_512],
    ['Mistral-7B-v0.3', 7_248_023_552],
    ['Llama-3.2-1B', 1_235_814_400],
    ['Llama-3.2-3B', 3_212_749_824],
    ['gemma-2-2b', 2_614_341_888],
    ['llama-160m', 162_417_408],
    ['Qwen-7B', 7_721_324_544],
  ])('%s has its published number of parameters', (name, parameters) => {
    expect(totalParameters(shape(referenceConfigs[name]))).toBe(parameters)
  })

  test('LoRA parameters of well-known runs', () => {
    expect(adapterParameters(shape(llama8b), 16, 'all-linear')).toBe(41_943_040)
    expect(adapterParameters(shape(referenceConfigs['Llama-3.2-1B']), 16, 'all-linear')).toBe(11_272_192)
    expect(adapterParameters(shape(llama8b), 8, ['q_proj', 'v_proj'])).toBe(3_407_872)
    expect(adapterParameters(shape(llama8b), 8, ['self_attn.q_proj', 'v_proj'])).toBe(3_407_872)
  })

  test('an adapter on the output head counts once for the whole model', () => {
    expect(adapterParameters(shape(llama8b), 8, ['lm_head'])).toBe(8 * (4096 + 128_256))
    expect(unknownTargets(shape(llama8b), ['lm_head'])).toEqual([])
  })

  test('names targets that the model does not have', () => {
    expect(unknownTargets(shape(llama8b), ['q_proj', 'c_attn'])).toEqual(['c_attn'])
    expect(unknownTargets(shape(llama8b), 'all-linear')).toEqual([])
  })

  test('GPT-2 and Phi-3 lay out their blocks differently', () => {
    const gpt2 = shape({ model_type: 'gpt2', n_embd: 768, n_layer: 12, n_head: 12, n_positions: 1024, vocab_size: 50257 })
    // 124,439,808 published; the difference is the biases of the linear layers, which the estimate leaves out.
    expect(Math.abs(totalParameters(gpt2) / 124_439_808 - 1)).toBeLessThan(0.001)
    const phi = shape({ ...llama8b, model_type: 'phi3', hidden_size: 3072, num_key_value_heads: 32, intermediate_size: 8192, vocab_size: 32064 })
    expect(totalParameters(phi)).toBe(3_821_079_552)
  })

  test.each([
    ['mixture-of-experts', { ...llama8b, model_type: 'mixtral', num_local_experts: 8 }],
    ['mixture-of-experts', { ...llama8b, model_type: 'qwen3_moe' }],
    ['mixture-of-experts', { ...llama8b, model_type: 'newthing', n_routed_experts: 64 }],
    ['not-a-dense-decoder', { ...llama8b, model_type: 'gemma3', vision_config: {}, text_config: {} }],
    ['not-a-dense-decoder', { ...llama8b, model_type: 't5', is_encoder_decoder: true }],
    ['not-a-dense-decoder', { ...llama8b, model_type: 'lfm2', layer_types: ['conv', 'full_attention'] }],
    ['not-a-dense-decoder', { ...llama8b, model_type: 'qwen3_next', layer_types: ['linear_attention', 'full_attention'] }],
    ['quantised-base', { ...llama8b, quantization_config: { quant_method: 'gptq' } }],
    ['field-missing', { model_type: 'llama', hidden_size: 64 }],
    ['field-missing', { ...llama8b, hidden_size: '4096' }],
    ['field-missing', null],
    ['field-missing', [1, 2]],
  ])('refuses as not known: %s', (reason, config) => {
    expect(parseModelShape(config)).toMatchObject({ kind: 'not-known', reason })
  })

  test('a model_type that is a property of every object does not reach it', () => {
    expect(shape({ ...llama8b, model_type: 'constructor' }).familyKnown).toBe(false)
  })
})
