//! New branches and cuts: the expression language, checked against the branches.
