using System.Text;
using Posthorn.Core;
using Posthorn.Core.Search;
using Posthorn.Core.Search.Index;

namespace Posthorn.Tests.Core.Search.Index;

/// <summary>Terms, segments and merging, against the texts themselves: what the index says no to is not there, what it says yes to is.</summary>
public sealed class SegmentTests : IDisposable
{
    // Letters that make every rule of the terms apply, and many repetitions.
    private static readonly string[] Alphabet =
    [
        "a", "b", "ab", "e", "E\u0301", "\u00fc", " ", " ", "\r\n", ".", "-", "@", "_", "+", ",", "<", ">", "(", "'", "=", "1", "\u6771", "\u4eac", "\u90fd", "\u304b\u3099",
        "\uD840\uDC0B", "\U0001F600", "\uFFFD", "\u0130", "\u00df", "\ufb03", "\u200d", "\u3002", "\uAC00", "\0",
    ];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("posthorn-segment-");

    [Fact]
    public void The_index_never_contradicts_the_texts()
    {
        var random = new Random(20_260_102);
        string[] texts = [.. Enumerable.Range(0, 120).Select(i => SearchText.Fold(Make(random, i % 10 == 0 ? 900 : 60)))];
        TextFields[] fields = [.. texts.Select((_, i) => (TextFields)(1 << (i % 8)))];
        using Segment segment = Build(texts, fields);
        const int Rounds = 1_500;
        int exact = 0, sure = 0;
        for (int round = 0; round < Rounds; round++)
        {
            string needle = Needle(random, texts);
            var terms = NeedleTerms.Of(needle);
            exact += terms.IsExact ? 1 : 0;
            const TextFields All = (TextFields)0xFF;
            bool[] found = Find(segment, terms, All);
            bool[] sureFound = new bool[texts.Length];
            if (terms.Sure is { } pattern)
            {
                segment.Find(pattern, All, sureFound);
            }

            for (int i = 0; i < texts.Length; i++)
            {
                bool isThere = texts[i].Contains(needle, StringComparison.Ordinal);
                Assert.True(isThere || !sureFound[i]);
                if (terms.IsExact ? isThere != found[i] : isThere && !found[i])
                {
                    Assert.Fail($"{Show(needle)} is {(isThere ? "" : "not ")}in text {i}: {Show(texts[i])}");
                }

                sure += found[i] ? 0 : 1;
            }
        }

        // The test says something: many needles are decided by the index alone, and most others for most of the messages.
        Assert.InRange(exact, Rounds / 5, Rounds);
        Assert.InRange(sure, Rounds * texts.Length / 3, int.MaxValue);
    }

    [Fact]
    public void A_merged_segment_answers_as_its_parts_do()
    {
        var random = new Random(7);
        string[] texts = [.. Enumerable.Range(0, 90).Select(_ => SearchText.Fold(Make(random, 80)))];
        List<byte[]> parts = [.. texts.Chunk(30).Select((chunk, part) => Builder(chunk, [.. chunk.Select(_ => TextFields.Body)], part * 30).Build())];
        HashSet<EmailId> kept = [.. Enumerable.Range(1, 90).Where(id => id % 4 != 0).Select(id => new EmailId(id))];
        byte[] merged = SegmentMerge.Merge(parts, kept.Contains, out int count)!;
        Assert.Equal(kept.Count, count);
        using Segment segment = Open(merged);
        Assert.Equal(kept.Select(id => id.Value).Order(), segment.Messages.Select(message => message.Email.Value));
        for (int round = 0; round < 1_000; round++)
        {
            string needle = Needle(random, texts);
            var terms = NeedleTerms.Of(needle);
            bool[] found = Find(segment, terms, TextFields.Body);
            for (int i = 0; i < found.Length; i++)
            {
                bool isThere = texts[segment.Messages[i].Email.Value - 1].Contains(needle, StringComparison.Ordinal);
                if (terms.IsExact ? isThere != found[i] : isThere && !found[i])
                {
                    Assert.Fail(Show(needle));
                }
            }
        }
    }

    [Fact]
    public void Of_messages_that_are_all_gone_nothing_is_left() =>
        Assert.Null(SegmentMerge.Merge([Builder(["A"], [TextFields.Body], 0).Build()], static _ => false, out _));

    [Fact]
    public void A_term_counts_only_in_the_fields_asked_for()
    {
        using Segment segment = Build(["ANNA", "ANNA", "BOB"], [TextFields.From, TextFields.Subject, TextFields.From]);
        Assert.Equal([true, false, false], Find(segment, NeedleTerms.Of("NN"), TextFields.From));
        Assert.Equal([true, true, false], Find(segment, NeedleTerms.Of("NN"), TextFields.From | TextFields.Subject));
        Assert.Equal([false, false, false], Find(segment, NeedleTerms.Of("NN"), TextFields.Body));
    }

    [Theory]
    [InlineData("BOB@EXAMPLE.TEST", true, "BOB@EXAMPLE.TEST")]
    [InlineData("EXAMPLE.", false, "EXAMPLE")]
    [InlineData("KIND REGARDS", false, "0REGARDS|KIND0")]
    [InlineData("X FULL Y", false, "0FULL0|X0|0Y")]
    [InlineData("\u6771\u4eac", true, "0\u6771\u4eac0")]
    [InlineData("\u6771", true, "\u6771")]
    [InlineData("\u6771\u4eac\u90fd", false, "0\u6771\u4eac0|0\u4eac\u90fd0")]
    [InlineData("---", false, "")]
    [InlineData("", false, "")]
    public void A_needle_asks_the_vocabulary_for(string needle, bool isExact, string patterns)
    {
        var terms = NeedleTerms.Of(needle);
        Assert.Equal(isExact, terms.IsExact);
        Assert.Equal(patterns, string.Join('|', terms.Patterns.Select(pattern => Encoding.UTF8.GetString(pattern).Replace('\0', '0'))));
    }

    [Fact]
    public void The_begin_of_an_address_is_sure_where_more_of_it_follows()
    {
        var terms = NeedleTerms.Of("BOB@");
        Assert.Equal((false, "BOB@"), (terms.IsExact, Encoding.UTF8.GetString(terms.Sure!)));
        using Segment segment = Build(["BOB@EXAMPLE.TEST", "BOB @ HOME", "BOB@"], [TextFields.From, TextFields.From, TextFields.From]);
        bool[] sure = new bool[3];
        segment.Find(terms.Sure, TextFields.From, sure);
        Assert.Equal([true, false, false], sure);
        Assert.Equal([true, true, true], Find(segment, terms, TextFields.From));
    }

    [Fact]
    public void A_long_needle_asks_for_a_few_things_only() =>
        Assert.InRange(NeedleTerms.Of(string.Join(' ', Enumerable.Range(0, 2_000).Select(i => $"WORD{i}"))).Patterns.Count, 1, 8);

    [Fact]
    public void A_message_of_endless_different_words_is_cut_and_says_so()
    {
        var builder = new SegmentBuilder();
        builder.Begin(new EmailId(1), default);
        for (int part = 0; part < 30; part++)
        {
            builder.Add(TextFields.Body, string.Join(' ', Enumerable.Range(part * 10_000, 10_000).Select(i => $"{i}X")));
        }

        builder.Begin(new EmailId(2), default);
        builder.Add(TextFields.Body, new string('Q', 5_000_000));
        byte[] file = builder.Build();
        using Segment segment = Open(file);
        Assert.Equal([true, false], segment.Messages.Select(message => message.IsUncertain));

        // What repeats costs once; what differs is bounded.
        Assert.InRange(file.Length, 1, SegmentBuilder.MaxTermsOfMessage * 20);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(200)]
    public void A_damaged_file_is_not_used(int at)
    {
        byte[] file = Builder(["SOME WORDS TO KEEP, AND MORE OF THEM TO FILL THE FILE", "X"], [TextFields.Body, TextFields.Body], 0).Build();
        file[Math.Min(at, file.Length - 1)] ^= 0x55;
        Assert.Throws<InvalidDataException>(() => Open(file));
        Assert.Throws<InvalidDataException>(() => Open(file[..^1]));
        Assert.Throws<InvalidDataException>(() => Open([]));
    }

    [Fact]
    public void Small_segments_come_together_and_large_ones_stay()
    {
        static SegmentInfo Of(int messages, long octets = 1_000) => new(Guid.NewGuid(), messages, octets);
        Assert.Equal(0, SegmentMerge.Choose([]));
        Assert.Equal(0, SegmentMerge.Choose([.. Enumerable.Repeat(0, 7).Select(_ => Of(1))]));
        Assert.Equal(8, SegmentMerge.Choose([.. Enumerable.Repeat(0, 8).Select(_ => Of(1))]));
        Assert.Equal(8, SegmentMerge.Choose([Of(5_000), .. Enumerable.Repeat(0, 8).Select(_ => Of(3))]));
        Assert.Equal(8, SegmentMerge.Choose([Of(5_000), .. Enumerable.Repeat(0, 7).Select(_ => Of(60)), Of(1)]));
        Assert.Equal(0, SegmentMerge.Choose([.. Enumerable.Repeat(0, 20).Select(_ => Of(1_000, SegmentMerge.MaxOctets))]));

        // However many messages come one by one, an account has few segments.
        var segments = new List<SegmentInfo>();
        for (int message = 0; message < 10_000; message++)
        {
            segments.Add(Of(1));
            while (SegmentMerge.Choose(segments) is > 0 and int count)
            {
                SegmentInfo merged = Of(segments.TakeLast(count).Sum(segment => segment.Messages), segments.TakeLast(count).Sum(segment => segment.Octets));
                segments.RemoveRange(segments.Count - count, count);
                segments.Add(merged);
            }

            Assert.InRange(segments.Count, 1, 40);
        }

        Assert.Equal(10_000, segments.Sum(segment => segment.Messages));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static string Make(Random random, int length) =>
        string.Concat(Enumerable.Range(0, length).Select(_ => random.Next(40) == 0 ? new string('X', random.Next(150)) : Alphabet[random.Next(Alphabet.Length)]));

    private static string Needle(Random random, string[] texts)
    {
        string text = texts[random.Next(texts.Length)];
        int start = random.Next(Math.Max(1, text.Length)), length = Math.Min(1 + random.Next(random.Next(2) == 0 ? 4 : 50), text.Length - start);
        string needle = SearchText.Fold(text.Substring(start, Math.Max(0, length)));
        return needle.Length == 0 ? "A" : needle;
    }

    private static SegmentBuilder Builder(IReadOnlyList<string> texts, IReadOnlyList<TextFields> fields, int before)
    {
        var builder = new SegmentBuilder();
        for (int i = 0; i < texts.Count; i++)
        {
            builder.Begin(new EmailId(before + i + 1), DateTimeOffset.UnixEpoch.AddDays(i));
            builder.Add(fields[i], texts[i]);
        }

        return builder;
    }

    private static bool[] Find(Segment segment, NeedleTerms terms, TextFields fields)
    {
        bool[] all = [.. segment.Messages.Select(_ => true)];
        foreach (byte[] pattern in terms.Patterns)
        {
            bool[] one = new bool[all.Length];
            segment.Find(pattern, fields, one);
            all = [.. all.Zip(one, (before, now) => before && now)];
        }

        return all;
    }

    private static string Show(string text) => string.Concat(text.Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter.ToString() : $"\\u{(int)letter:x4}"));

    private Segment Build(IReadOnlyList<string> texts, IReadOnlyList<TextFields> fields) => Open(Builder(texts, fields, 0).Build());

    private Segment Open(byte[] file)
    {
        var id = Guid.NewGuid();
        string path = Path.Combine(_folder.FullName, id.ToString());
        File.WriteAllBytes(path, file);
        return Segment.Open(path, id);
    }
}
