// The object that the precompiled headers of tests belong to.
