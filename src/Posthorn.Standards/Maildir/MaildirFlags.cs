namespace Posthorn.Standards.Maildir;

/// <summary>Flags in a file name: ":2," and letters in order. Capitals are the format's own, small letters stand for the folder's keywords.</summary>
internal static class MaildirFlags
{
    private static readonly (char Letter, string Flag)[] Letters =
        [('D', @"\Draft"), ('F', @"\Flagged"), ('P', "$Forwarded"), ('R', @"\Answered"), ('S', @"\Seen"), ('T', @"\Deleted")];

    /// <summary>The name without flags, which never changes, and the flags. ';' and '!' stand for ':' where a file system has no colons.</summary>
    public static (string UniqueName, IReadOnlyList<string> Flags) Read(string fileName, MaildirKeywords keywords)
    {
        int info = fileName.LastIndexOf("2,", StringComparison.Ordinal) - 1;
        if (info < 1 || fileName[info] is not (':' or ';' or '!'))
        {
            return (fileName, []);
        }
        var flags = new List<string>();
        foreach (char letter in fileName.AsSpan(info + 3))
        {
            if (letter == ',')
            {
                break;
            }
            string? flag = keywords[letter] ?? Letters.FirstOrDefault(row => row.Letter == letter).Flag;
            if (flag is not null && !flags.Contains(flag, StringComparer.OrdinalIgnoreCase))
            {
                flags.Add(flag);
            }
        }
        return (fileName[..info], flags);
    }

    /// <summary>The ending of a file name, and the flags that found no letter.</summary>
    public static (string Ending, IReadOnlyList<string> Lost) Format(IReadOnlyCollection<string> flags, MaildirKeywords keywords)
    {
        var letters = new List<char>();
        var lost = new List<string>();
        foreach (string flag in flags)
        {
            char letter = Letters.FirstOrDefault(row => row.Flag.Equals(flag, StringComparison.OrdinalIgnoreCase)).Letter;
            letter = letter != 0 ? letter : keywords.LetterOf(flag) ?? '\0';
            if (letter == 0)
            {
                lost.Add(flag);
            }
            else if (!letters.Contains(letter))
            {
                letters.Add(letter);
            }
        }
        return (":2," + string.Concat(letters.Order()), lost);
    }
}
