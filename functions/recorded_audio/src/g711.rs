//! A-law and mu-law, ITU-T G.711, as 16-bit samples.

/// The samples of all A-law codes.
pub(crate) static A_LAW: [i16; 256] = table(true);
/// The samples of all mu-law codes.
pub(crate) static MU_LAW: [i16; 256] = table(false);

const fn table(is_a_law: bool) -> [i16; 256] {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = if is_a_law { a_law(code as u8) } else { mu_law(code as u8) };
        code += 1;
    }
    table
}

/// The value of an A-law code: 13 bits, in the upper bits. Every other bit of a code is inverted.
const fn a_law(code: u8) -> i16 {
    let code = code ^ 0x55;
    let (segment, step) = ((code >> 4) & 7, (code & 15) as i16);
    let magnitude = if segment == 0 { (step << 4) + 8 } else { ((step << 4) + 0x108) << (segment - 1) };
    if code & 0x80 == 0 { -magnitude } else { magnitude }
}

/// The value of a mu-law code: 14 bits, in the upper bits. All bits of a code are inverted.
const fn mu_law(code: u8) -> i16 {
    const BIAS: i16 = 0x84;
    let code = !code;
    let (segment, step) = ((code >> 4) & 7, (code & 15) as i16);
    let magnitude = (((step << 3) + BIAS) << segment) - BIAS;
    if code & 0x80 == 0 { magnitude } else { -magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The ends of the scales, and the smallest steps, by the tables of G.711.
    #[test]
    fn the_scales_are_those_of_the_recommendation() {
        assert_eq!([A_LAW[0xD5], A_LAW[0x55], A_LAW[0xAA], A_LAW[0x2A]], [8, -8, 32_256, -32_256]);
        assert_eq!([MU_LAW[0xFF], MU_LAW[0x7F], MU_LAW[0x80], MU_LAW[0x00]], [0, 0, 32_124, -32_124]);
        assert_eq!([MU_LAW[0xFE], MU_LAW[0x7E], MU_LAW[0xF0], MU_LAW[0xEF]], [8, -8, 120, 132]);
        assert_eq!([A_LAW[0xD4], A_LAW[0xC5], A_LAW[0xF5]], [24, 264, 528]);
    }

    #[test]
    fn each_scale_rises_without_a_gap_in_its_order() {
        for (table, order) in [(&A_LAW, 0xD5_u8), (&MU_LAW, 0xFF)] {
            let positive: Vec<i16> = (0..128_u8).map(|step| table[usize::from(order ^ step)]).collect();
            let is_a_law = order == 0xD5;
            let mut sorted = positive.clone();
            sorted.sort_unstable();
            assert!(!is_a_law || sorted.windows(2).all(|pair| pair[0] < pair[1]));
            assert!(positive.iter().all(|sample| *sample >= 0), "{positive:?}");
            for step in 0..128_u8 {
                let mirrored = table[usize::from(order ^ step ^ 0x80)];
                assert_eq!(mirrored, -table[usize::from(order ^ step)]);
            }
        }
    }
}
