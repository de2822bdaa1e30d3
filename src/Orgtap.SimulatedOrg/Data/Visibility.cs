using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Orgtap.Tests")]
