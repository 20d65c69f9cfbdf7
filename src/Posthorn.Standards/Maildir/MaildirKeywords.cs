using System.Globalization;
using System.Text;
using Posthorn.Standards.Imap;

namespace Posthorn.Standards.Maildir;

/// <summary>The keywords of a folder, as Dovecot keeps them: a file <c>dovecot-keywords</c> with lines "0 work"; number 0 is the letter 'a'.</summary>
internal sealed class MaildirKeywords
{
    public const string FileName = "dovecot-keywords";

    /// <summary>Letters a to z.</summary>
    public const int Most = 26;

    // A file of 26 keywords is far smaller; what is larger is something else.
    private const int MaxFileLength = 64 * 1024;

    private readonly string?[] _words = new string?[Most];

    /// <summary>True when a keyword was added since the file was read.</summary>
    public bool Changed { get; private set; }

    public string? this[char letter] => letter is >= 'a' and <= 'z' ? _words[letter - 'a'] : null;

    /// <summary>The letter of a keyword, a new one if there is one left; null where none is, or the word is no keyword.</summary>
    public char? LetterOf(string keyword)
    {
        int place = Array.FindIndex(_words, word => keyword.Equals(word, StringComparison.OrdinalIgnoreCase));
        if (place < 0 && FlagKeyword.IsValid(keyword) && (place = Array.IndexOf(_words, null)) >= 0)
        {
            _words[place] = keyword;
            Changed = true;
        }
        return place < 0 ? null : (char)('a' + place);
    }

    public static async ValueTask<MaildirKeywords> ReadAsync(string folder, CancellationToken cancel)
    {
        var keywords = new MaildirKeywords();
        var file = new FileInfo(Path.Combine(folder, FileName));
        if (!file.Exists || file.LinkTarget is not null || file.Length is 0 or > MaxFileLength)
        {
            return keywords;
        }
        foreach (string line in await File.ReadAllLinesAsync(file.FullName, cancel))
        {
            int blank = line.IndexOf(' ', StringComparison.Ordinal);
            if (blank > 0 && int.TryParse(line.AsSpan(0, blank), NumberStyles.None, CultureInfo.InvariantCulture, out int place) && place < Most
                && FlagKeyword.IsValid(line.AsSpan(blank + 1)))
            {
                keywords._words[place] = line[(blank + 1)..];
            }
        }
        return keywords;
    }

    /// <summary>Replaces the file in one step; the new one is synced before.</summary>
    public async ValueTask WriteAsync(string folder, CancellationToken cancel)
    {
        string path = Path.Combine(folder, FileName);
        await using (var file = new FileStream(path + ".new", FileMode.Create, FileAccess.Write))
        {
            var lines = _words.Select((word, place) => (word, place)).Where(pair => pair.word is not null).Select(pair => $"{pair.place} {pair.word}\n");
            await file.WriteAsync(Encoding.UTF8.GetBytes(string.Concat(lines)), cancel);
            file.Flush(flushToDisk: true);
        }
        File.Move(path + ".new", path, overwrite: true);
        Changed = false;
    }
}
