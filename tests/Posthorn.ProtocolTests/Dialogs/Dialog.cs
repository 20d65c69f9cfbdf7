namespace Posthorn.ProtocolTests.Dialogs;

/// <summary>What a line of a dialog asks for.</summary>
internal enum DialogStep
{
    /// <summary><c>C: text</c>: the client says a line.</summary>
    Say,

    /// <summary><c>C- text</c>: the client says octets without a line end; <c>\r \n \0 \\ \x1f</c> are known.</summary>
    SayRaw,

    /// <summary><c>S: text</c>: the server's next line.</summary>
    Expect,

    /// <summary><c>S? text</c>: neighbouring lines of this kind come in any order.</summary>
    ExpectAnyOrder,

    /// <summary><c>S... text</c>: lines are passed over until one is this.</summary>
    SkipTo,

    /// <summary><c>@word arguments</c>: see <see cref="DialogRunner"/>.</summary>
    Direct,
}

/// <param name="Number">Line in the file.</param>
/// <param name="Step">What to do.</param>
/// <param name="Client">Which connection: C2: and S2: are the second.</param>
/// <param name="Text">What is said or expected, or the directive.</param>
internal sealed record DialogLine(int Number, DialogStep Step, int Client, string Text);

/// <summary>A conversation with the server as a text file.</summary>
/// <remarks>
/// <code>
/// # a comment
/// @include login                       another file of the folder, here
/// C: a1 UID STORE 1 +FLAGS (\Deleted)
/// S: * 1 FETCH (UID 1 FLAGS (\Deleted))
/// S: a1 OK ~                           the rest of the line after ~ is not looked at
/// S: * OK [UIDVALIDITY ${validity}]~   keeps what stands there; where it is used again it must be the same
/// </code>
/// An empty line is nothing. <c>C2:</c>, <c>S2:</c> and <c>@close2</c> speak of a second connection.
/// </remarks>
internal static class Dialog
{
    public static IReadOnlyList<DialogLine> Read(string path)
    {
        var lines = new List<DialogLine>();
        string[] texts = File.ReadAllLines(path);
        for (int i = 0; i < texts.Length; i++)
        {
            if (texts[i].Length > 0 && texts[i][0] != '#')
            {
                lines.Add(Parse(i + 1, texts[i]) ?? throw new FormatException($"{path}:{i + 1}: {texts[i]}"));
            }
        }

        return lines;
    }

    private static DialogLine? Parse(int number, string text)
    {
        int word = text.TakeWhile(c => char.IsLetter(c) || c == '@').Count();
        int digits = text.Skip(word).TakeWhile(char.IsAsciiDigit).Count();
        int client = digits == 0 ? 1 : int.Parse(text.AsSpan(word, digits), System.Globalization.CultureInfo.InvariantCulture);
        string mark = text[(word + digits)..];
        return (text[..word], mark) switch
        {
            ("C", [':', ..]) => new(number, DialogStep.Say, client, Body(mark[1..])),
            ("C", ['-', ..]) => new(number, DialogStep.SayRaw, client, Body(mark[1..])),
            ("S", [':', ..]) => new(number, DialogStep.Expect, client, Body(mark[1..])),
            ("S", ['?', ..]) => new(number, DialogStep.ExpectAnyOrder, client, Body(mark[1..])),
            ("S", ['.', '.', '.', ..]) => new(number, DialogStep.SkipTo, client, Body(mark[3..])),
            (['@', _, ..] directive, _) => new(number, DialogStep.Direct, client, directive + mark),
            _ => null,
        };
    }

    // One space after the mark is not part of the text; further ones are.
    private static string Body(string text) => text.StartsWith(' ') ? text[1..] : text;
}
