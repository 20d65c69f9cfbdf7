namespace Posthorn.Fuzz;

/// <summary>One parser that reads hostile octets.</summary>
/// <param name="Name">Its corpus is <c>corpus/NAME.txt</c>, one input a line with C escapes; where there is none, the sample mail.</param>
/// <param name="Run">Reads the input. May throw what <paramref name="IsRefusal"/> knows, and nothing else.</param>
/// <param name="IsRefusal">Exceptions that mean "this is not well-formed".</param>
internal sealed record Target(string Name, Action<byte[]> Run, Func<Exception, bool> IsRefusal);
