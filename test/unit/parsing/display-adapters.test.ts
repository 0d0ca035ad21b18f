import { describe, expect, it } from 'vitest'
import { parseLspci, parseVideoControllers } from '../../../electron/parsing/display-adapters'

describe('parseLspci', () => {
  it('reads GPUs of all makers and passes over the rest (would catch an HDMI sound device taken for a GPU)', () => {
    const output = [
      '00:02.0 "VGA compatible controller" "Intel Corporation" "Raptor Lake-S GT1 [UHD Graphics 770]" -r04 -p00 "ASUSTeK Computer Inc." "Device 8882"',
      '01:00.0 "VGA compatible controller" "NVIDIA Corporation" "AD102 [GeForce RTX 4090]" -ra1 -p00 "Gigabyte Technology Co., Ltd" "Device 40bf"',
      '01:00.1 "Audio device" "NVIDIA Corporation" "AD102 High Definition Audio Controller" -ra1 -p00 "" ""',
      '03:00.0 "Display controller" "Advanced Micro Devices, Inc. [AMD/ATI]" "Navi 31" -rc8 "" ""',
      '04:00.0 "3D controller" "NVIDIA Corporation" "GA100 [A100 PCIe 40GB]" -ra1 "NVIDIA Corporation" "Device 145f"',
      'nonsense " line',
    ].join('\n')
    expect(parseLspci(output).map(({ vendor, name }) => `${vendor}: ${name}`)).toEqual([
      'intel: Raptor Lake-S GT1 [UHD Graphics 770]',
      'nvidia: AD102 [GeForce RTX 4090]',
      'amd: Navi 31',
      'nvidia: GA100 [A100 PCIe 40GB]',
    ])
    expect(parseLspci('')).toEqual([])
  })
})

describe('parseVideoControllers', () => {
  it('reads one object, an array, and no size where the 32-bit field overflowed', () => {
    expect(parseVideoControllers('\uFEFF{"Name":"AMD Radeon(TM) Graphics","AdapterCompatibility":"Advanced Micro Devices, Inc.","AdapterRAM":536870912}\r\n')).toEqual([
      { vendor: 'amd', name: 'AMD Radeon(TM) Graphics', memoryTotalBytes: 536_870_912 },
    ])
    expect(
      parseVideoControllers('[{"Name":"NVIDIA GeForce RTX 4090","AdapterCompatibility":"NVIDIA","AdapterRAM":4293918720},{"Name":"Intel(R) UHD","AdapterCompatibility":null,"AdapterRAM":null}]'),
    ).toEqual([
      { vendor: 'nvidia', name: 'NVIDIA GeForce RTX 4090', memoryTotalBytes: null },
      { vendor: 'intel', name: 'Intel(R) UHD', memoryTotalBytes: null },
    ])
  })

  it.each(['', 'null', '[]', '[null, 1, {}]', '{"Name":5}', '{"Name":"cut', 'Get-CimInstance : Access denied'])('finds nothing in %j and does not throw', (text) => {
    expect(parseVideoControllers(text)).toEqual([])
  })
})
