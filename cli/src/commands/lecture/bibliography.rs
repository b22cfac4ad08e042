//! The works that the lecture cites.

/// A work: what the lecture calls it, and where it is found.
pub struct Work {
    /// Its anchor, by which texts cite it: `[@hopfield1982]`.
    pub id: &'static str,
    pub name: &'static str,
    pub title: &'static str,
    /// Where it was published.
    pub published: &'static str,
    /// Links, each with its text.
    pub links: &'static [(&'static str, &'static str)],
}

/// In the order of their years.
pub static WORKS: [Work; 16] = [
    Work {
        id: "hoeffding1963",
        name: "Hoeffding 1963",
        title: "Probability inequalities for sums of bounded random variables",
        published: "W. Hoeffding. Journal of the American Statistical Association 58, 13–30",
        links: &[("doi:10.1080/01621459.1963.10500830", "https://doi.org/10.1080/01621459.1963.10500830")],
    },
    Work {
        id: "marchenko1967",
        name: "Marchenko and Pastur 1967",
        title: "Distribution of eigenvalues for some sets of random matrices",
        published: "V. A. Marchenko, L. A. Pastur. Mathematics of the USSR-Sbornik 1, 457–483",
        links: &[("doi:10.1070/SM1967v001n04ABEH001994", "https://doi.org/10.1070/SM1967v001n04ABEH001994")],
    },
    Work {
        id: "derrida1981",
        name: "Derrida 1981",
        title: "Random-energy model: an exactly solvable model of disordered systems",
        published: "B. Derrida. Physical Review B 24, 2613–2626",
        links: &[("doi:10.1103/PhysRevB.24.2613", "https://doi.org/10.1103/PhysRevB.24.2613")],
    },
    Work {
        id: "hopfield1982",
        name: "Hopfield 1982",
        title: "Neural networks and physical systems with emergent collective computational abilities",
        published: "J. J. Hopfield. Proceedings of the National Academy of Sciences 79, 2554–2558",
        links: &[("doi:10.1073/pnas.79.8.2554", "https://doi.org/10.1073/pnas.79.8.2554")],
    },
    Work {
        id: "amit1985",
        name: "Amit, Gutfreund, Sompolinsky 1985",
        title: "Spin-glass models of neural networks",
        published: "D. J. Amit, H. Gutfreund, H. Sompolinsky. Physical Review A 32, 1007–1018",
        links: &[("doi:10.1103/PhysRevA.32.1007", "https://doi.org/10.1103/PhysRevA.32.1007")],
    },
    Work {
        id: "goles1985",
        name: "Goles-Chacc, Fogelman-Soulié, Pellegrin 1985",
        title: "Decreasing energy functions as a tool for studying threshold networks",
        published: "E. Goles-Chacc, F. Fogelman-Soulié, D. Pellegrin. Discrete Applied Mathematics 12, 261–277",
        links: &[("doi:10.1016/0166-218X(85)90029-0", "https://doi.org/10.1016/0166-218X(85)90029-0")],
    },
    Work {
        id: "personnaz1985",
        name: "Personnaz, Guyon, Dreyfus 1985",
        title: "Information storage and retrieval in spin-glass like neural networks",
        published: "L. Personnaz, I. Guyon, G. Dreyfus. Journal de Physique Lettres 46, 359–365",
        links: &[("doi:10.1051/jphyslet:01985004608035900", "https://doi.org/10.1051/jphyslet:01985004608035900")],
    },
    Work {
        id: "amit1987",
        name: "Amit, Gutfreund, Sompolinsky 1987",
        title: "Statistical mechanics of neural networks near saturation",
        published: "D. J. Amit, H. Gutfreund, H. Sompolinsky. Annals of Physics 173, 30–67",
        links: &[("doi:10.1016/0003-4916(87)90092-3", "https://doi.org/10.1016/0003-4916(87)90092-3")],
    },
    Work {
        id: "kanter1987",
        name: "Kanter and Sompolinsky 1987",
        title: "Associative recall of memory without errors",
        published: "I. Kanter, H. Sompolinsky. Physical Review A 35, 380–392",
        links: &[("doi:10.1103/PhysRevA.35.380", "https://doi.org/10.1103/PhysRevA.35.380")],
    },
    Work {
        id: "mceliece1987",
        name: "McEliece, Posner, Rodemich, Venkatesh 1987",
        title: "The capacity of the Hopfield associative memory",
        published: "R. J. McEliece, E. C. Posner, E. R. Rodemich, S. S. Venkatesh. IEEE Transactions on Information Theory \
                    33, 461–482",
        links: &[("doi:10.1109/TIT.1987.1057328", "https://doi.org/10.1109/TIT.1987.1057328")],
    },
    Work {
        id: "alpaydin1998",
        name: "Alpaydin and Kaynak 1998",
        title: "Optical recognition of handwritten digits",
        published: "E. Alpaydin, C. Kaynak. UCI Machine Learning Repository, CC BY 4.0; here thresholded to two levels",
        links: &[("doi:10.24432/C50P49", "https://doi.org/10.24432/C50P49")],
    },
    Work {
        id: "krotov2016",
        name: "Krotov and Hopfield 2016",
        title: "Dense associative memory for pattern recognition",
        published: "D. Krotov, J. J. Hopfield. Advances in Neural Information Processing Systems 29",
        links: &[("arXiv:1606.01164", "https://arxiv.org/abs/1606.01164")],
    },
    Work {
        id: "demircigil2017",
        name: "Demircigil et al. 2017",
        title: "On a model of associative memory with huge storage capacity",
        published: "M. Demircigil, J. Heusel, M. Löwe, S. Upgang, F. Vermet. Journal of Statistical Physics 168, 288–299",
        links: &[
            ("doi:10.1007/s10955-017-1806-y", "https://doi.org/10.1007/s10955-017-1806-y"),
            ("arXiv:1702.01929", "https://arxiv.org/abs/1702.01929"),
        ],
    },
    Work {
        id: "vaswani2017",
        name: "Vaswani et al. 2017",
        title: "Attention is all you need",
        published: "A. Vaswani and others. Advances in Neural Information Processing Systems 30",
        links: &[("arXiv:1706.03762", "https://arxiv.org/abs/1706.03762")],
    },
    Work {
        id: "ramsauer2020",
        name: "Ramsauer et al. 2020",
        title: "Hopfield networks is all you need",
        published: "H. Ramsauer and others. International Conference on Learning Representations 2021",
        links: &[("arXiv:2008.02217", "https://arxiv.org/abs/2008.02217")],
    },
    Work {
        id: "lucibello2024",
        name: "Lucibello and Mézard 2024",
        title: "Exponential capacity of dense associative memories",
        published: "C. Lucibello, M. Mézard. Physical Review Letters 132, 077301",
        links: &[
            ("doi:10.1103/PhysRevLett.132.077301", "https://doi.org/10.1103/PhysRevLett.132.077301"),
            ("arXiv:2304.14964", "https://arxiv.org/abs/2304.14964"),
        ],
    },
];

/// What the lecture calls the work of this anchor.
pub fn name(id: &str) -> &str {
    WORKS.iter().find(|work| work.id == id).map_or(id, |work| work.name)
}
